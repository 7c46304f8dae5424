import { expect, test } from "vitest";
import { combinedHolds } from "./limit.ts";

const key = "k";

test("holds of one key come to what one after the other would", () => {
  expect(
    combinedHolds([
      { key, forMs: 5 },
      { key, forMs: 3, reason: "shorter" },
    ]),
  ).toEqual([{ key, forMs: 5 }]);
  expect(
    combinedHolds([
      { key, forMs: 5 },
      { key, forMs: 0 },
    ]),
  ).toEqual([{ key, forMs: 0 }]);
  expect(
    combinedHolds([
      { key, forMs: 0 },
      { key, forMs: 5 },
    ]),
  ).toEqual([{ key, forMs: 5, shorten: true }]);
  expect(
    combinedHolds([
      { key, forMs: 9, shorten: true },
      { key, forMs: 10 },
    ]),
  ).toEqual([{ key, forMs: 10, shorten: true }]);
});

test("each key stays where it was first named", () => {
  const holds = [
    { key: "b", forMs: 1 },
    { key: "a", forMs: 1 },
    { key: "b", forMs: 2 },
  ];
  expect(combinedHolds(holds).map((hold) => hold.key)).toEqual(["b", "a"]);
});
