/** Owns the rules of rough sizes. */
import { expect, test } from "vitest";
import { roughBytes } from "./rough-bytes.ts";

test("a value counts about as much as its JSON text", () => {
  const values = [
    1,
    "x".repeat(1_000),
    { id: "a", list: ["bb", null, true], inner: { text: "y".repeat(300) } },
  ];
  for (const value of values) {
    const text = JSON.stringify(value).length;
    expect(Math.abs(roughBytes(value) - text)).toBeLessThan(40);
  }
});

test("counting stops where it is enough, also in what goes round in a circle", () => {
  const circle: { readonly parts: unknown[] } = { parts: [] };
  circle.parts.push(circle, circle);
  expect(roughBytes(circle, 1_000)).toBeLessThan(2_000);
  expect(roughBytes(["x".repeat(100), "y".repeat(100)], 50)).toBeLessThan(150);
});
