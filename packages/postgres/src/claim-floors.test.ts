import type { ClaimWant } from "@millrace/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClaimFloors } from "./claim-floors.ts";

const WANT: ClaimWant = { queue: "default", max: 2, names: ["j"] };
const FOUND = new Map([[2, 1_000]]);

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

test("a claim that brought all it asked for leaves a floor for the next of its kind", () => {
  const floors = new ClaimFloors();
  floors.note(floors.look(WANT), 2, FOUND);
  expect(floors.of({ ...WANT, max: 1_000 })).toBe(FOUND);
  expect(floors.of({ ...WANT, names: ["j", "k"] })).toBeUndefined();
  expect(floors.of({ ...WANT, priorities: ["bulk"] })).toBeUndefined();
});

test("a claim that came back short takes the floor away: what there is may be anywhere", () => {
  const floors = new ClaimFloors();
  floors.note(floors.look(WANT), 2, FOUND);
  floors.note(floors.look(WANT), 1, FOUND);
  expect(floors.of(WANT)).toBeUndefined();
});

test("a floor holds a fifth of a second", () => {
  const floors = new ClaimFloors();
  floors.note(floors.look(WANT), 2, FOUND);
  vi.advanceTimersByTime(200);
  expect(floors.of(WANT)).toBe(FOUND);
  vi.advanceTimersByTime(1);
  expect(floors.of(WANT)).toBeUndefined();
});

test.each(["holder/requeue", "job/reprioritise", "lease/rescue", "line/promote"] as const)(
  "%s may bring jobs back: there is no floor any more, nor one from a claim under way",
  (name) => {
    const floors = new ClaimFloors();
    floors.note(floors.look(WANT), 2, FOUND);
    const underWay = floors.look(WANT);
    floors.saw(name);
    expect(floors.of(WANT)).toBeUndefined();
    floors.note(underWay, 2, FOUND);
    expect(floors.of(WANT)).toBeUndefined();
  },
);

test("completing brings nothing back", () => {
  const floors = new ClaimFloors();
  floors.note(floors.look(WANT), 2, FOUND);
  floors.saw("holder/complete");
  expect(floors.of(WANT)).toBe(FOUND);
});
