import { expect, test } from "vitest";
import { Batches } from "./batches.ts";

test("counts what is not answered yet, waiting or in flight", async () => {
  const answers: (() => void)[] = [];
  const batches = new Batches<number>({
    maxItems: 2,
    send: () => new Promise((resolve) => answers.push(resolve)),
  });
  const answer = async () => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (const item of [1, 2, 3]) batches.add(item);
  expect(batches.size).toBe(3);
  await Promise.resolve();
  expect(batches.size).toBe(3);
  await answer();
  expect(batches.size).toBe(1);
  await answer();
  expect(batches.size).toBe(0);
});
