import { expect, test } from "vitest";
import { type Duration, durationMs } from "./duration.ts";

test.each([
  [0, 0],
  [1_500, 1_500],
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5m", 90_000],
  ["1h", 3_600_000],
  ["2d", 172_800_000],
] as const)("%s is %d ms", (duration, ms) => {
  expect(durationMs(duration, "delay")).toBe(ms);
});

test.each([
  "",
  "10",
  "10 minutes",
  "-1s",
  "1e3s",
  " 1s",
  "1w",
  Number.NaN,
  -1,
  Number.POSITIVE_INFINITY,
  null,
  {},
])("%s is refused, naming the option", (value) => {
  const parse = () => durationMs(value as Duration, "worker.lease");
  expect(parse).toThrow(expect.objectContaining({ code: "bad-config" }));
  expect(parse).toThrow(/^worker\.lease is /);
});
