import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AdaptiveLimit, adaptiveLimit, learned, placesOf, type Sample } from "./adaptive-limit.ts";

/** A good answer of a busy endpoint, sent under the present limit. */
function good(limit: AdaptiveLimit, more: Partial<Sample> = {}): Sample {
  return { ms: 100, size: 1_000, verdict: "good", inFlight: placesOf(limit), era: limit.era, ...more };
}

function after(limit: AdaptiveLimit, samples: number, more: Partial<Sample> = {}): AdaptiveLimit {
  let state = limit;
  for (let count = 0; count < samples; count++) state = learned(state, good(state, more));
  return state;
}

describe("adaptive limit", () => {
  test("doubles with each round until the first refusal, then adds one a round", () => {
    const started = after(adaptiveLimit(100), 4);
    expect(started.limit).toBe(8);
    const refused = learned(started, good(started, { verdict: "overload" }));
    expect(refused.limit).toBe(4);
    const round = after(refused, 4);
    expect(round.limit).toBeGreaterThan(4.8);
    expect(round.limit).toBeLessThan(5);
  });

  test("refusals of requests that were in flight together halve it once", () => {
    const before = after(adaptiveLimit(64), 28);
    expect(before.limit).toBe(32);
    const samples = Array.from({ length: 32 }, () => good(before, { verdict: "overload" }));
    expect(samples.reduce(learned, before).limit).toBe(16);
  });

  test("never falls below one and never passes its ceiling", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.array(fc.record({ ms: fc.integer({ min: 0, max: 60_000 }), isBad: fc.boolean() }), {
          maxLength: 200,
        }),
        (most, answers) => {
          let limit = adaptiveLimit(most);
          for (const { ms, isBad } of answers) {
            limit = learned(limit, good(limit, { ms, verdict: isBad ? "overload" : "good" }));
            expect(limit.limit).toBeGreaterThanOrEqual(1);
            expect(limit.limit).toBeLessThanOrEqual(most);
          }
        },
      ),
    );
  });

  test("answers that become much slower lower it by the gradient, not below four fifths at a time", () => {
    const steady = after(adaptiveLimit(16), 40);
    expect(steady.limit).toBe(16);
    let state = steady;
    let samples = 0;
    while (state.era === steady.era) {
      state = learned(state, good(state, { ms: 500 }));
      samples += 1;
    }
    expect(state.limit).toBeGreaterThanOrEqual(12.8);
    expect(state.limit).toBeLessThan(16);
    expect(samples).toBeGreaterThan(1); // one slow answer proves nothing
  });

  test("latencies up to twice the usual change nothing", () => {
    const steady = after(adaptiveLimit(16), 40);
    expect(after(steady, 100, { ms: 180 }).limit).toBe(16);
  });

  test("large requests that take longer are no slowness", () => {
    let state = after(adaptiveLimit(16), 40);
    for (let count = 0; count < 100; count++) {
      state = learned(state, good(state, { ms: 100, size: 1_000 }));
      state = learned(state, good(state, { ms: 3_000, size: 30_000 }));
    }
    expect(state.limit).toBe(16);
  });

  test("an idle endpoint's answers do not raise it", () => {
    expect(after(adaptiveLimit(100), 50, { inFlight: 1 }).limit).toBe(4);
  });
});
