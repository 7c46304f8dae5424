/** Ways for a handler's process to die: each costs its attempt, and nobody else anything. */
import { afterAll, describe, expect, test } from "vitest";
import * as jobs from "./jobs.mjs";
import { isRunning, scene } from "./scene.ts";

const { mr, worker, ended, errors } = scene(
  [jobs.dying, jobs.flaky, jobs.spinning, jobs.waiting, jobs.tell, jobs.length, jobs.parent, jobs.inline],
  { lease: "600ms", sweep: "50ms", isolated: { processes: 2 } },
);
afterAll(() => mr.close());

describe("an attempt whose process", () => {
  test.each([
    ["exit", "crashed", "exit", /ended itself with exit code 3/],
    ["exit quietly", "crashed", "exit", /ended itself with exit code 0/],
    ["segfault", "crashed", "signal", /was ended by SIGSEGV/],
    ["abort", "crashed", "signal", /was ended by SIGABRT/],
    ["heap", "crashed", "out-of-memory", /(filled its heap; it may hold|held more than) 160 MiB/],
    ["buffers", "crashed", "out-of-memory", /held more than 160 MiB of memory/],
    ["throws", "crashed", "uncaught-error", /nobody caught.*: thrown in a callback/],
    ["rejects", "crashed", "uncaught-error", /nobody caught.*: rejected unseen/],
    ["spins", "timeout", "cpu-limit", /used more than 1 s of processor time/],
  ] as const)("dies by %s has failed once, of class %s", async (how, ...expected) => {
    const [errorClass, reason, message] = expected as [string, string, RegExp]; // of the row
    const [record, mate] = await Promise.all([
      mr.enqueue(jobs.dying, { how }).then(ended),
      mr.enqueue(jobs.tell).then(ended),
    ]);
    expect(record).toMatchObject({
      state: "dead",
      attempts: 1,
      rescues: 0,
      error: { class: errorClass, reason, message: expect.stringMatching(message) },
    });
    expect(mate).toMatchObject({ state: "completed", attempts: 1, rescues: 0 });
  });

  test("dies is tried again in a fresh one, as its policy says", async () => {
    expect(await ended(await mr.enqueue(jobs.flaky))).toMatchObject({
      state: "completed",
      attempts: 2,
      result: "second",
    });
  });

  test("started others leaves none of them behind", async () => {
    const job = await mr.enqueue(jobs.parent);
    expect(await ended(job)).toMatchObject({ state: "dead", error: { class: "crashed", reason: "exit" } });
    const pid = Number((await mr.jobs.logs(job.id)).rows[0]?.line);
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

test("a handler that blocks for ever is killed past its timeout, while the worker keeps its leases and works on", async () => {
  const spinning = await mr.enqueue(jobs.spinning);
  await expect.poll(() => mr.jobs.status(spinning.id)).toBe("running");
  expect((await ended(await mr.enqueue(jobs.inline))).result).toBe("inline");
  expect(await ended(spinning)).toMatchObject({
    state: "dead",
    attempts: 1,
    rescues: 0,
    error: { class: "timeout", message: expect.stringContaining("ran into its timeout") },
  });
  expect(worker.stuck).toBe(0);
});

test("a process that is killed between jobs costs no attempt", async () => {
  for (let round = 0; round < 3; round += 1) {
    const { result } = await ended(await mr.enqueue(jobs.tell));
    const { pid } = result as { pid: number };
    process.kill(pid, "SIGKILL");
    const next = await ended(await mr.enqueue(jobs.tell));
    expect(next).toMatchObject({ state: "completed", attempts: 1 });
    expect((next.result as { pid: number }).pid).not.toBe(pid);
    await expect.poll(() => isRunning(pid)).toBe(false);
  }
});

test("none of this was a trouble of the worker's, and all slots are free", () => {
  expect(errors).toEqual([]);
  expect([worker.running, worker.stuck]).toEqual([0, 0]);
});
