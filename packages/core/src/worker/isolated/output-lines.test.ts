import { expect, test } from "vitest";
import { OutputLines } from "./output-lines.ts";

function linesOf(...texts: readonly string[]): readonly string[] {
  const got: string[] = [];
  const lines = new OutputLines((line) => got.push(line));
  for (const text of texts) lines.add(text);
  lines.end();
  return got;
}

test.each([
  [["a\nb\n"], ["a", "b"]],
  [
    ["a", "b\r\nc"],
    ["ab", "c"],
  ],
  [["\n\n"], []],
  [[""], []],
])("%j are the lines %j", (texts, lines) => {
  expect(linesOf(...texts)).toEqual(lines);
});

test("a line without an end is passed on in pieces, and kept no longer than one of them", () => {
  const got: string[] = [];
  const lines = new OutputLines((line) => got.push(line));
  lines.add("x".repeat(5_000));
  expect(got.map(({ length }) => length)).toEqual([2_048, 2_048]);
  lines.add("y\n");
  expect(got.map(({ length }) => length)).toEqual([2_048, 2_048, 905]);
  lines.add(`${"z".repeat(3_000)}\n`);
  expect(got.slice(3).map(({ length }) => length)).toEqual([2_048, 952]);
});
