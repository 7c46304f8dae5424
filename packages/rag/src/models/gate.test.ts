import { VirtualTime } from "@millrace/core/testing";
import { describe, expect, test } from "vitest";
import { memoryHolds } from "../adapters/memory-holds.ts";
import { Gate } from "./gate.ts";

const { signal } = new AbortController();

function gateWith(rates: readonly { requests: number; windowMs: number }[] = []) {
  const timing = new VirtualTime();
  const holds = memoryHolds(timing);
  const gate = new Gate({ key: "model:m", holds, rates, timing });
  return { timing, holds, gate };
}

describe("gate", () => {
  test("lets through what nothing holds", async () => {
    expect(await gateWith().gate.pass(signal)).toBeUndefined();
  });

  test("a hold by anybody is reported where it is longer than a second", async () => {
    const { holds, gate } = gateWith();
    await holds.hold("model:m", 5_000, "rate-limited");
    expect(await gate.pass(signal)).toEqual({
      kind: "held",
      key: "model:m",
      ms: 5_000,
      reason: "rate-limited",
    });
  });

  test("a short hold is waited for", async () => {
    const { timing, holds, gate } = gateWith();
    await holds.hold("model:m", 900, "rate-limited");
    const passed = gate.pass(signal).then(() => timing.now());
    const startMs = timing.now();
    await timing.advance(2_000);
    expect((await passed) - startMs).toBe(900);
  });

  test("waits that add up to more than a second are reported", async () => {
    const { timing, holds, gate } = gateWith();
    await holds.hold("model:m", 900, "rate-limited");
    const passed = gate.pass(signal);
    await timing.advance(500);
    await holds.hold("model:m", 1_000, "rate-limited");
    await timing.advance(400);
    expect(await passed).toMatchObject({ ms: 600 });
  });

  test("holds never become shorter, and end", async () => {
    const { timing, holds } = gateWith();
    await holds.hold("k", 5_000, "long");
    await holds.hold("k", 1_000, "short");
    expect(await holds.left("k")).toEqual({ ms: 5_000, reason: "long" });
    await timing.advance(5_000);
    expect(await holds.left("k")).toBeUndefined();
  });

  test("rates hold back what is beyond them", async () => {
    const { gate } = gateWith([{ requests: 2, windowMs: 60_000 }]);
    expect(await gate.pass(signal)).toBeUndefined();
    expect(await gate.pass(signal)).toBeUndefined();
    expect(await gate.pass(signal)).toMatchObject({ kind: "held", ms: 60_000, reason: "rate" });
  });

  test("an open circuit holds back without taking a place in the rates", async () => {
    const { timing, gate } = gateWith([{ requests: 6, windowMs: 60_000 }]);
    for (let call = 0; call < 5; call++) {
      expect(await gate.pass(signal)).toBeUndefined();
      gate.ended("failed");
    }
    for (let call = 0; call < 10; call++) {
      expect(await gate.pass(signal)).toMatchObject({ ms: 5_000, reason: "circuit-open" });
    }
    await timing.advance(5_000);
    expect(await gate.pass(signal)).toBeUndefined();
  });

  async function failing(gate: Gate, times: number): Promise<void> {
    for (let call = 0; call < times; call++) {
      expect(await gate.pass(signal)).toBeUndefined();
      gate.ended("failed");
    }
  }

  test("one answer is enough to begin counting failures anew", async () => {
    const { gate } = gateWith();
    await failing(gate, 4);
    expect(await gate.pass(signal)).toBeUndefined();
    gate.ended("good");
    await failing(gate, 5);
    expect(await gate.pass(signal)).toMatchObject({ reason: "circuit-open" });
  });

  test("each failed trial leaves the endpoint alone for twice as long, up to a minute; a good one ends that", async () => {
    const { timing, gate } = gateWith();
    await failing(gate, 5);
    const waits: number[] = [];
    for (let trial = 0; trial < 6; trial++) {
      const held = await gate.pass(signal);
      waits.push(held?.ms ?? 0);
      await timing.advance(held?.ms ?? 0);
      await failing(gate, 1);
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    await timing.advance(60_000);
    expect(await gate.pass(signal)).toBeUndefined();
    gate.ended("good");
    await failing(gate, 5);
    expect(await gate.pass(signal)).toMatchObject({ ms: 5_000 });
  });

  test("requests that were in flight when it opened do not prolong it", async () => {
    const { timing, gate } = gateWith();
    for (let call = 0; call < 7; call++) await gate.pass(signal);
    for (let call = 0; call < 5; call++) gate.ended("failed");
    await timing.advance(3_000);
    gate.ended("failed");
    gate.ended("good");
    expect(await gate.pass(signal)).toMatchObject({ ms: 2_000 });
  });

  test("after a hold one request goes ahead, and the others follow once it has ended", async () => {
    const { timing, holds, gate } = gateWith();
    await holds.hold("model:m", 5_000, "rate-limited");
    expect(await gate.pass(signal)).toMatchObject({ reason: "rate-limited" });
    await timing.advance(5_000);
    expect(await gate.pass(signal)).toBeUndefined();
    const second = gate.pass(signal);
    const third = gate.pass(signal);
    await timing.advance(300);
    gate.ended("good");
    await timing.advance(100);
    expect(await Promise.all([second, third])).toEqual([undefined, undefined]);
  });

  test("a trial that takes longer than a second is not waited for", async () => {
    const { timing, gate } = gateWith();
    await failing(gate, 5);
    await timing.advance(5_000);
    expect(await gate.pass(signal)).toBeUndefined();
    const second = gate.pass(signal);
    await timing.advance(2_000);
    expect(await second).toMatchObject({ ms: 1_000, reason: "being-tried" });
    gate.ended("neither"); // aborted: the next one tries
    expect(await gate.pass(signal)).toBeUndefined();
  });

  test("an abort ends a wait", async () => {
    const { holds, gate } = gateWith();
    await holds.hold("model:m", 900, "rate-limited");
    const abort = new AbortController();
    const passed = gate.pass(abort.signal);
    abort.abort(new Error("stop"));
    await expect(passed).rejects.toThrow("stop");
  });
});
