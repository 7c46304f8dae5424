/** One number of jobs over several workers. */
import { expect, test } from "vitest";
import { Ceiling } from "./ceiling.ts";
import { Slots } from "./slots.ts";

function two(limit: number) {
  const ceiling = new Ceiling(limit);
  const limits = { total: { min: 10, max: 10 }, byQueue: new Map() };
  return { ceiling, left: new Slots(limits, ceiling), right: new Slots(limits, ceiling) };
}

test("what one worker runs or holds is room that the other has not", () => {
  const { left, right } = two(4);
  left.take("q");
  left.hold("q", 2);
  expect(right.spare).toBe(1);
  right.take("q");
  expect([left.spare, right.spare]).toEqual([0, 0]);
  expect(right.isAnyFree).toBe(true);
  left.hold("q", -2);
  left.take("q");
  left.take("q");
  expect(right.isAnyFree).toBe(false);
  expect(left.isFree("q")).toBe(false);
});

test("workers are told once for all the room that comes back in one go, and only where there was none", async () => {
  const { ceiling, left } = two(2);
  let told = 0;
  const leave = ceiling.join(() => {
    told += 1;
  });
  ceiling.join(() => undefined);
  left.take("q");
  left.release("q");
  await Promise.resolve();
  expect(told).toBe(0);
  left.take("q");
  left.take("q");
  left.release("q");
  left.release("q");
  await Promise.resolve();
  expect(told).toBe(1);
  leave();
  left.take("q");
  left.take("q");
  left.release("q");
  await Promise.resolve();
  expect(told).toBe(1);
});
