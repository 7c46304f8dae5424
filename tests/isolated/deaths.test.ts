/** Ways for a handler's process to die: each costs its attempt, and nobody else anything. */
import { afterAll, describe, expect, test } from "vitest";
import * as jobs from "./jobs.mjs";
import { isRunning, scene, undisturbed, WAIT } from "./scene.ts";

const { mr, worker, ended, errors, lines } = scene([
  jobs.dying,
  jobs.burning,
  jobs.flaky,
  jobs.spinning,
  jobs.waiting,
  jobs.tell,
  jobs.length,
  jobs.parent,
  jobs.inline,
]);
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

  test("meets an error that nobody catches keeps the stack of that error", async () => {
    const { error } = await ended(await mr.enqueue(jobs.dying, { how: "throws" }));
    expect(error?.stack).toMatch(/^ClassedError: an error that nobody caught.*\n +at .*jobs\.mjs/);
    const { error: other } = await ended(await mr.enqueue(jobs.dying, { how: "exit" }));
    expect(other?.stack).toBe("ClassedError: the handler's process ended itself with exit code 3");
  });

  test("uses up its processor time has failed of class timeout", async () => {
    expect(await ended(await mr.enqueue(jobs.burning))).toMatchObject({
      state: "dead",
      attempts: 1,
      error: {
        class: "timeout",
        reason: "cpu-limit",
        message: expect.stringContaining("used more than 1 s of processor time"),
      },
    });
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
    await expect.poll(() => isRunning(pid), WAIT).toBe(false);
  });
});

describe("a handler that blocks for ever", () => {
  const timedOut = {
    state: "dead",
    attempts: 1,
    rescues: 0,
    error: { class: "timeout", message: expect.stringContaining("ran into its timeout") },
  };

  test("is killed past its timeout, and is not stuck", async () => {
    expect(await ended(await mr.enqueue(jobs.spinning))).toMatchObject(timedOut);
    expect([worker.running, worker.stuck]).toEqual([0, 0]);
  });

  test("keeps nobody up: the worker keeps its lease, and works on", async () => {
    const { inline, blocking, errors } = await undisturbed(async () => {
      const other = scene([jobs.blocking, jobs.inline], { lease: "3s", sweep: "50ms" });
      const { id } = await other.mr.enqueue(jobs.blocking);
      const inline = await other.ended(await other.mr.enqueue(jobs.inline));
      const blocking = await other.ended(other.mr.handle(id));
      await other.mr.close();
      return { inline, blocking, errors: other.errors };
    });
    expect(inline.result).toBe("inline");
    expect(blocking).toMatchObject(timedOut);
    expect(errors).toEqual([]);
  });
});

test("a process that is killed between jobs costs no attempt", async () => {
  for (let round = 0; round < 3; round += 1) {
    const { result } = await ended(await mr.enqueue(jobs.tell));
    const { pid } = result as { pid: number };
    process.kill(pid, "SIGKILL");
    const next = await ended(await mr.enqueue(jobs.tell));
    expect(next).toMatchObject({ state: "completed", attempts: 1 });
    expect((next.result as { pid: number }).pid).not.toBe(pid);
    await expect.poll(() => isRunning(pid), WAIT).toBe(false);
  }
  const stray = "an isolated process ended between attempts: the handler's process was ended by SIGKILL";
  await expect.poll(() => lines.filter(({ message }) => message === stray).length, WAIT).toBe(3);
});

test("none of this was a trouble of the worker's, and all slots are free", () => {
  expect(errors).toEqual([]);
  expect([worker.running, worker.stuck]).toEqual([0, 0]);
});
