import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRates, RateWindows } from "./request-rate.ts";

describe("rates", () => {
  test("are read by the second, minute and hour", () => {
    expect(parseRates("rates", ["10/s", "500/min", "3/m", "1000/h"])).toEqual([
      { requests: 10, windowMs: 1_000 },
      { requests: 500, windowMs: 60_000 },
      { requests: 3, windowMs: 60_000 },
      { requests: 1_000, windowMs: 3_600_000 },
    ]);
  });

  test.each([["0/s"], ["10"], ["10/d"], ["1.5/s"], ["-1/s"], ["9999999/s"], [""]])("%j is none", (rate) => {
    expect(() => parseRates("models.m.rates", [rate])).toThrow(`models.m.rates has ${JSON.stringify(rate)}`);
  });

  test("no window ever holds more requests than it may, and no request waits without need", () => {
    const rates = fc.array(
      fc.record({ requests: fc.integer({ min: 1, max: 5 }), windowMs: fc.integer({ min: 1, max: 50 }) }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (limits, pauses) => {
        const windows = new RateWindows(limits);
        const taken: number[] = [];
        let nowMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          const waitMs = windows.take(nowMs);
          const isFull = limits.some(
            ({ requests, windowMs }) => taken.filter((at) => at > nowMs - windowMs).length >= requests,
          );
          expect(waitMs > 0).toBe(isFull);
          if (waitMs === 0) taken.push(nowMs);
          else {
            nowMs += waitMs;
            expect(windows.take(nowMs)).toBe(0);
            taken.push(nowMs);
          }
        }
      }),
    );
  });

  test("without rates nothing waits", () => {
    const windows = new RateWindows([]);
    for (let request = 0; request < 1_000; request++) expect(windows.take(0)).toBe(0);
  });
});
