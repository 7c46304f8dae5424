import { defineJob } from "millrace";
import { testMillrace } from "millrace/testing";
import { expect, test } from "vitest";
import { startWorker, stopOnSignal } from "./worker.ts";

test("the guide's worker serves its queues, at most so many of each", async () => {
  const most: Record<string, number> = { mail: 0, reports: 0 };
  const now: Record<string, number> = { mail: 0, reports: 0 };
  const jobs = ["mail", "reports"].map((queue) =>
    defineJob({
      name: queue,
      queue,
      run: async () => {
        now[queue] = (now[queue] ?? 0) + 1;
        most[queue] = Math.max(most[queue] ?? 0, now[queue] ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
        now[queue] = (now[queue] ?? 0) - 1;
      },
    }),
  );
  const t = testMillrace({ jobs });
  const worker = startWorker(t);
  for (const job of jobs) await t.enqueueMany(job, Array(50).fill(0));
  await t.advance("1m");
  expect(await t.counters()).toMatchObject({ completed: 100 });
  expect(most["reports"]).toBeLessThanOrEqual(3); // its two and the test's own
  expect(most["mail"]).toBeGreaterThan(3);
  await worker.stop();
  await t.close();
});

test("the guide's signal handler is one for SIGTERM", async () => {
  const t = testMillrace();
  const before = process.listeners("SIGTERM");
  stopOnSignal(t);
  const added = process.listeners("SIGTERM").filter((listener) => !before.includes(listener));
  expect(added).toHaveLength(1);
  for (const listener of added) process.off("SIGTERM", listener);
  await t.close();
});
