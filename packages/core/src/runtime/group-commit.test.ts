import { expect, test } from "vitest";
import { GroupCommit } from "./group-commit.ts";

function recording(options: { maxItems: number; maxWeight?: number }) {
  const batches: number[][] = [];
  const waiting: (() => void)[] = [];
  const group = new GroupCommit<number, string>({
    ...options,
    weigh: (item) => item,
    send: (items) => {
      batches.push([...items]);
      return new Promise((resolve) => waiting.push(() => resolve(items.map((item) => `${item}!`))));
    },
  });
  const answer = async () => {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { group, batches, answer };
}

test("what gathers while a batch is in flight is the next batch", async () => {
  const { group, batches, answer } = recording({ maxItems: 1_000 });
  const first = [1, 2].map((item) => group.add(item));
  await Promise.resolve();
  expect(batches).toEqual([[1, 2]]);
  const later = [3, 4, 5].map((item) => group.add(item));
  await Promise.resolve();
  expect(batches).toHaveLength(1);
  await answer();
  expect(batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  await answer();
  expect(await Promise.all([...first, ...later])).toEqual(["1!", "2!", "3!", "4!", "5!"]);
});

test("batches are bounded by number and by weight, a single heavy item goes alone", async () => {
  const { group, batches, answer } = recording({ maxItems: 3, maxWeight: 10 });
  const all = [1, 1, 1, 1, 8, 2, 99, 1].map((item) => group.add(item));
  for (let round = 0; round < 6; round += 1) await answer();
  expect(batches).toEqual([[1, 1, 1], [1, 8], [2], [99], [1]]);
  expect(await Promise.all(all)).toHaveLength(8);
});

test("a batch that fails fails its members, and the next goes out", async () => {
  let isDown = true;
  const group = new GroupCommit<number, number>({
    maxItems: 10,
    send: async (items) => {
      if (isDown) throw new Error("down");
      return items;
    },
  });
  await expect(Promise.all([group.add(1), group.add(2)])).rejects.toThrow("down");
  isDown = false;
  expect(await group.add(3)).toBe(3);
});
