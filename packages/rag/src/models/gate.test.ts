import { VirtualTime } from "@millrace/core/testing";
import { describe, expect, test } from "vitest";
import { memoryHolds } from "../adapters/memory-holds.ts";
import { Gate } from "./gate.ts";

const { signal } = new AbortController();

function gateWith(rates: readonly { requests: number; windowMs: number }[] = []) {
  const timing = new VirtualTime();
  const holds = memoryHolds(timing);
  const gate = new Gate({ key: "model:m", holds, rates, timing, requestMs: 60_000 });
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
      gate.ended("failure");
    }
    for (let call = 0; call < 10; call++) {
      expect(await gate.pass(signal)).toMatchObject({ ms: 5_000, reason: "circuit-open" });
    }
    await timing.advance(5_000);
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
