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

test.each([[null], ["mail"], [3]])(
  "queues that are neither names nor an object are refused: %j",
  (queues) => {
    expect(() => workerSettings({ queues } as object)).toThrow(
      /worker.queues is .*; it takes names, or an object/,
    );
  },
);
