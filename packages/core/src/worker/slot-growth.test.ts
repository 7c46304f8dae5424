/** When a worker gets more slots, and when it loses them. */
import { describe, expect, test } from "vitest";
import { VirtualTime } from "../testing/virtual-time.ts";
import { slotGrowth } from "./slot-growth.ts";
import { Slots } from "./slots.ts";

const LOOK_MS = 250;

function growing(min: number, max: number) {
  const time = new VirtualTime();
  const range = { min, max };
  const slots = new Slots({ total: range, byQueue: new Map() });
  const state = { memory: 0.1, grown: 0 };
  const loop = slotGrowth({
    slots,
    range,
    timing: time,
    onError: () => undefined,
    memoryShare: () => state.memory,
    onGrown: () => {
      state.grown += 1;
    },
  });
  loop.start();
  const fill = () => {
    while (slots.isAnyFree) slots.take("q");
  };
  /** So many looks, with every slot in use at each. */
  const lookBusy = async (looks: number) => {
    for (let look = 0; look < looks; look += 1) {
      fill();
      await time.advance(LOOK_MS);
    }
  };
  return { time, slots, state, loop, fill, lookBusy };
}

describe("slots", () => {
  test("begin with the smaller number and double to the larger one while all are in use", async () => {
    const { slots, state, loop, lookBusy } = growing(10, 50);
    expect(slots.limit).toBe(10);
    const limits: number[] = [];
    for (let look = 0; look < 5; look += 1) {
      await lookBusy(1);
      limits.push(slots.limit);
    }
    expect(limits).toEqual([20, 40, 50, 50, 50]);
    expect(state.grown).toBe(3);
    await loop.stop();
  });

  test("stay while one of them is free", async () => {
    const { time, slots, loop } = growing(10, 50);
    for (let job = 0; job < 9; job += 1) slots.take("q");
    await time.advance(10 * LOOK_MS);
    expect(slots.limit).toBe(10);
    await loop.stop();
  });

  test("grow also where short jobs were all over by the time somebody looked", async () => {
    const { time, slots, loop, fill } = growing(4, 8);
    fill();
    while (slots.running > 0) slots.release("q");
    await time.advance(LOOK_MS);
    expect(slots.limit).toBe(8);
    await loop.stop();
  });

  test("halve while the event loop is blocked, never below the smaller number", async () => {
    const { time, slots, loop, lookBusy } = growing(10, 50);
    await lookBusy(3);
    const limits: number[] = [];
    for (let look = 0; look < 3; look += 1) {
      await time.jump(LOOK_MS + 150);
      limits.push(slots.limit);
    }
    expect(limits).toEqual([25, 12, 10]);
    await loop.stop();
  });

  test("stay while the event loop is neither blocked nor calm", async () => {
    const { time, slots, loop, fill } = growing(10, 50);
    fill();
    await time.jump(LOOK_MS + 50);
    expect(slots.limit).toBe(10);
    await loop.stop();
  });

  test("do not grow while memory is short, and halve while it runs out", async () => {
    const { slots, state, loop, lookBusy } = growing(10, 50);
    state.memory = 0.85;
    await lookBusy(2);
    expect(slots.limit).toBe(10);
    state.memory = 0.5;
    await lookBusy(2);
    expect(slots.limit).toBe(40);
    state.memory = 0.95;
    await lookBusy(1);
    expect(slots.limit).toBe(20);
    await loop.stop();
  });
});
