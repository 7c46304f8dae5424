import { expect, test } from "vitest";
import { mapInOrder } from "./map-in-order.ts";

/** Work that ends when told; what was started and what has ended. */
function work() {
  const [started, ended]: [number[], number[]] = [[], []];
  const ends = new Map<number, (error?: Error) => void>();
  const map = async (item: number): Promise<number> => {
    started.push(item);
    try {
      await new Promise<void>((resolve, reject) =>
        ends.set(item, (error) => (error === undefined ? resolve() : reject(error))),
      );
    } finally {
      ended.push(item);
    }
    return item * 10;
  };
  return { started, ended, map, end: (item: number, error?: Error) => ends.get(item)?.(error) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("gives results in the items' order, whichever ends first", async () => {
  const { map, end, started } = work();
  const results = mapInOrder([1, 2, 3], 2, map);
  const first = results.next();
  await settled();
  expect(started).toEqual([1, 2]);
  end(2);
  end(1);
  expect((await first).value).toBe(10);
  const second = results.next();
  await settled();
  expect(started).toEqual([1, 2, 3]);
  expect((await second).value).toBe(20);
  const third = results.next();
  end(3);
  expect((await third).value).toBe(30);
  expect((await results.next()).done).toBe(true);
});

test("with one at once, starts an item only when the result before it was dealt with", async () => {
  const { map, end, started } = work();
  const results = mapInOrder([1, 2], 1, map);
  const first = results.next();
  await settled();
  end(1);
  await first;
  await settled();
  expect(started).toEqual([1]);
  void results.next();
  await settled();
  expect(started).toEqual([1, 2]);
  end(2);
});

test("throws an error in its turn, once nothing is under way any more", async () => {
  const { map, end, ended } = work();
  const results = mapInOrder([1, 2, 3], 3, map);
  const first = results.next();
  await settled();
  end(2, new Error("the second"));
  end(1);
  expect((await first).value).toBe(10);
  const second = results.next();
  second.catch(() => undefined);
  await settled();
  expect(ended).toEqual([2, 1]);
  end(3);
  await expect(second).rejects.toThrow("the second");
  expect(ended).toEqual([2, 1, 3]);
});

test("a taker who leaves waits for what is under way", async () => {
  const { map, end, ended } = work();
  const results = mapInOrder([1, 2], 2, map);
  const first = results.next();
  await settled();
  end(1);
  await first;
  const left = results.return();
  await settled();
  expect(ended).toEqual([1]);
  end(2);
  await left;
  expect(ended).toEqual([1, 2]);
});
