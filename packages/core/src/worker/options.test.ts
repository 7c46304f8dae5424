import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { WORKER_DEFAULTS, workerSettings } from "./options.ts";

test("a worker runs as many at once as it is told, else as its queues add up to, else the default", () => {
  const limits = { a: 3, b: 2 };
  expect(workerSettings({ queues: limits, concurrency: 4 }).limits.total).toEqual({ min: 4, max: 4 });
  expect(workerSettings({ queues: limits }).limits).toEqual({
    total: { min: 5, max: 5 },
    byQueue: new Map([
      ["a", 3],
      ["b", 2],
    ]),
  });
  expect(workerSettings({ queues: ["a", "b"] }).limits.total).toEqual(WORKER_DEFAULTS.concurrency);
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

test("slots are a number, or grow from one to another", () => {
  expect(workerSettings({ concurrency: { min: 2, max: 8 } }).limits.total).toEqual({ min: 2, max: 8 });
});

test.each([[0], [1.5], ["3"], [[1, 2]], [{ min: 1 }], [{ min: 3, max: 2 }], [{ min: 1, max: 2, step: 1 }]])(
  "other numbers of slots are refused: %j",
  (concurrency) => {
    expect(() => workerSettings({ concurrency } as object)).toThrow(
      /worker.concurrency is .*; it takes a whole/,
    );
  },
);

test("limits known of queues hold where the worker names none itself", () => {
  const known = new Map([
    ["a", 7],
    ["b", 8],
  ]);
  expect(workerSettings({ queues: { a: 3 } }, known).limits.byQueue).toEqual(
    new Map([
      ["a", 3],
      ["b", 8],
    ]),
  );
});
