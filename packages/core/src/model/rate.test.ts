import { expect, test } from "vitest";
import { perSecondOf, type Rate } from "./rate.ts";

test("rates are so many a second, minute or hour", () => {
  const rates: readonly Rate[] = [5, 0.5, "100/s", "30/m", "1800/h", "0.5/s"];
  expect(rates.map((rate) => perSecondOf(rate, "rate"))).toEqual([5, 0.5, 100, 0.5, 0.5, 0.5]);
});

test("anything else is refused, and named", () => {
  for (const rate of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "0/s", "10", "10/d", "ten/s", null]) {
    expect(() => perSecondOf(rate as Rate, "dead.replay.rate")).toThrow(
      expect.objectContaining({ code: "bad-config", message: expect.stringContaining("dead.replay.rate") }),
    );
  }
});
