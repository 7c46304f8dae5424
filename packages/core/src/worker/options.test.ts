import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { WORKER_DEFAULTS, workerSettings } from "./options.ts";

test("a worker runs as many at once as it is told, else as its queues add up to, else the default", () => {
  const limits = { a: 3, b: 2 };
  expect(workerSettings({ queues: limits, concurrency: 4 }).limits.total).toBe(4);
  expect(workerSettings({ queues: limits }).limits).toEqual({
    total: 5,
    byQueue: new Map([
      ["a", 3],
      ["b", 2],
    ]),
  });
  expect(workerSettings({ queues: ["a", "b"] }).limits.total).toBe(WORKER_DEFAULTS.concurrency);
});

test("isolated jobs get as many processes as there are cores, or as it is told", () => {
  expect(workerSettings({}).processes).toBe(availableParallelism());
  expect(workerSettings({ isolated: { processes: 3 } }).processes).toBe(3);
});

test.each([
  [{ processes: 0 }, /worker\.isolated\.processes is 0; it takes a whole number, 1 or more/],
  [{ threads: 1 }, /worker\.isolated has no option "threads"/],
  [2, /worker\.isolated is 2; it takes an object/],
  [null, /worker\.isolated is null; it takes an object/],
])("a bad bound on isolated jobs is refused: %j", (isolated, message) => {
  expect(() => workerSettings({ isolated } as object)).toThrow(message);
});

test.each([[null], ["mail"], [3]])(
  "queues that are neither names nor an object are refused: %j",
  (queues) => {
    expect(() => workerSettings({ queues } as object)).toThrow(
      /worker.queues is .*; it takes names, or an object/,
    );
  },
);
