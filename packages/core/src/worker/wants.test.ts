import { expect, test } from "vitest";
import { shareOut } from "./wants.ts";

const queue = (name: string, max: number, deep = false) => ({ queue: name, max, deep });

test.each([
  ["one queue takes all", [queue("a", 50)], 20, { a: 20 }],
  ["an even share where nothing is known", [queue("a", 50), queue("b", 50)], 20, { a: 10, b: 10 }],
  ["what one cannot take the other may", [queue("a", 3), queue("b", 50)], 20, { a: 3, b: 17 }],
  [
    "deep queues get all but one slot of the others",
    [queue("a", 50, true), queue("b", 50)],
    20,
    { a: 19, b: 1 },
  ],
  ["full queues are left out", [queue("a", 0), queue("b", 50)], 20, { b: 20 }],
  ["never more than there is", [queue("a", 9), queue("b", 9), queue("c", 9)], 2, { a: 1, b: 1 }],
  ["never more than they may take", [queue("a", 2), queue("b", 3)], 20, { a: 2, b: 3 }],
  ["nothing where nothing is open", [queue("a", 0)], 20, {}],
] as const)("%s", (...[, queues, free, shares]) => {
  expect(Object.fromEntries(shareOut(queues, free).map((each) => [each.queue, each.max]))).toEqual(shares);
});
