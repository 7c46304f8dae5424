/** What is masked, and what is not. */
import { expect, test } from "vitest";
import { masked } from "./mask.ts";

test.each([
  ["postgres://u:p@h/d", "postgres://u:***@h/d"],
  ["postgres://u:p@ss/w:rd@h/d", "postgres://u:***@h/d"],
  ["postgres://h:5432/d", "postgres://h:5432/d"],
  ["postgres://u@h/d?password=x&a=b", "postgres://u@h/d?password=***&a=b"],
  ["cannot reach postgres://u:p@h, or redis://:q@r", "cannot reach postgres://u:***@h, or redis://:***@r"],
  ["file:./.millrace", "file:./.millrace"],
  ["memory:", "memory:"],
])("%s", (text, shown) => {
  expect(masked(text)).toBe(shown);
});
