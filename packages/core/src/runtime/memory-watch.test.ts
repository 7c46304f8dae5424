import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MemoryMood, MemoryWatch, memoryMood, roomFor } from "./memory-watch.ts";

function watch() {
  const state = { share: 0.1, nowMs: 1_000, limits: [] as (number | undefined)[] };
  const memory = new MemoryWatch({
    limitBytes: 400,
    nowMs: () => state.nowMs,
    read: (limitBytes) => {
      state.limits.push(limitBytes);
      return state.share;
    },
  });
  const at = (share: number) => {
    state.share = share;
    return memory.look().mood;
  };
  return { memory, state, at };
}

describe("memory", () => {
  test("is ample, tight and full by its marks, and no longer full only once it has fallen", () => {
    const { at } = watch();
    expect([0.5, 0.79, 0.8, 0.94, 0.95, 1.2].map(at)).toEqual([
      "ample",
      "ample",
      "tight",
      "tight",
      "full",
      "full",
    ]);
    expect([0.94, 0.9, 0.89, 0.94, 0.79].map(at)).toEqual(["full", "full", "tight", "tight", "ample"]);
  });

  test("has room for all, for fewer the tighter it is, for none", () => {
    const room = (share: number, before: MemoryMood = "ample") =>
      roomFor(16, { share, mood: memoryMood(share, before), fullForMs: 0 });
    expect([0.1, 0.8, 0.85, 0.9, 0.94].map((share) => room(share))).toEqual([16, 16, 10, 5, 1]);
    expect([0.95, 2].map((share) => room(share))).toEqual([0, 0]);
    expect(room(0.91, "full")).toBe(0);
  });

  test("never has room for more than is wanted, nor for less the less is used", () => {
    const shares = fc.double({ min: 0, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100), shares, shares, (wanted, one, other) => {
        const room = (share: number) =>
          roomFor(wanted, { share, mood: memoryMood(share, "ample"), fullForMs: 0 });
        expect(room(one)).toBeLessThanOrEqual(wanted);
        expect(room(Math.min(one, other))).toBeGreaterThanOrEqual(room(Math.max(one, other)));
      }),
    );
  });

  test("that stays full with nothing started lets work trickle on", () => {
    const { memory, state, at } = watch();
    at(0.97);
    expect(memory.room(8)).toBe(0);
    state.nowMs += 29_999;
    expect(memory.room(8)).toBe(0);
    state.nowMs += 1;
    expect(memory.room(8)).toBe(1);
    expect(memory.room(0)).toBe(0);
    at(0.5);
    at(0.97);
    expect(memory.room(8)).toBe(0);
  });

  test("is read under the limit it was given", () => {
    const { memory, state } = watch();
    expect(memory.room(3)).toBe(3);
    expect(state.limits).toEqual([400]);
  });

  test("of this process is neither unused nor full, and full under a limit it is far above", () => {
    const nowMs = () => 0;
    expect(new MemoryWatch({ nowMs }).look().share).toBeGreaterThan(0);
    expect(new MemoryWatch({ nowMs }).look().mood).not.toBe("full");
    expect(new MemoryWatch({ nowMs, limitBytes: 1_000_000 }).look().mood).toBe("full");
  });
});
