/** What a handler in a process of its own is given and may do: the same as an inline one. */
import { MillraceError, RetryAfterError, UnrecoverableError } from "@millrace/core";
import { afterAll, describe, expect, test } from "vitest";
import * as jobs from "./jobs.mjs";
import { scene, WAIT } from "./scene.ts";

/** What a job's first failed attempt told its definition, by job. */
const told = new Map<string, unknown>();
const failing = Object.freeze({
  ...jobs.failing,
  on: {
    error: (error: unknown, { id, attempt }: { id: string; attempt: number }) => {
      if (attempt === 1) told.set(id, error);
    },
  },
});
const all = [
  jobs.tell,
  jobs.doubled,
  jobs.family,
  jobs.length,
  jobs.snoozing,
  jobs.holding,
  jobs.strange,
  jobs.transaction,
  failing,
  jobs.printing,
  jobs.listed,
];
const { mr, ended, errors, lines } = scene(all);
afterAll(() => mr.close());

describe("an isolated handler", () => {
  test("is given its job, tenant, attempt and fence, and is heard while it runs", async () => {
    const job = await mr.enqueue(jobs.tell, {}, { tenant: "acme", tags: ["a"], correlationId: "c" });
    const { result, progress } = await ended(job);
    expect(result).toMatchObject({
      attempt: 1,
      fence: expect.stringMatching(/^\d+$/),
      job: { id: job.id, name: "tell", tags: ["a"], correlationId: "c" },
      tenant: "acme",
      now: "acme",
      checkpoint: "saved",
      hasChildren: false,
      isTold: false,
    });
    expect(progress).toEqual({ percent: 25, done: 1, total: 4, details: { step: "first" } });
    expect(await mr.jobs.logs(job.id)).toMatchObject({ rows: [{ level: "warn", line: "halfway" }] });
  });

  test("runs in another process, with the environment that is listed and no other", async () => {
    const { result } = await ended(await mr.enqueue(jobs.tell));
    expect(result).toMatchObject({ pid: expect.any(Number), env: {} });
    expect((result as { pid: number }).pid).not.toBe(process.pid);
    expect((await ended(await mr.enqueue(jobs.listed))).result).toEqual({ LISTED: "yes" });
  });

  test("gets what its schema makes of the input, and is not called for one that does not fit", async () => {
    const { id } = await mr.enqueue(jobs.doubled, { n: "21" });
    expect((await ended(mr.handle(id))).result).toBe(42);
    const unchecked = Object.freeze({ ...jobs.doubled, input: undefined });
    expect(await ended(await mr.enqueue(unchecked, { n: 21 }))).toMatchObject({
      state: "dead",
      error: { class: "validation", reason: "input", message: 'input of job "doubled": n: must be text' },
    });
  });

  test("enqueues children, waits for them and reads what they gave", async () => {
    expect(await ended(await mr.enqueue(jobs.family))).toMatchObject({
      state: "completed",
      attempts: 1,
      result: { lengths: [1, 2], checkpoint: "waiting", tally: { total: 2, completed: 2, failed: 0 } },
    });
  });

  test("snoozes by what it throws, and completes by what it returns", async () => {
    const record = await ended(await mr.enqueue(jobs.snoozing));
    expect(record).toMatchObject({ state: "completed", attempts: 1, snoozes: 1, result: "again" });
  });

  test("holds limits for the whole fleet, and is told what is left of them", async () => {
    const record = await ended(await mr.enqueue(jobs.holding));
    expect(record).toMatchObject({ state: "completed", attempts: 1, snoozes: 1, result: "429" });
    expect(await mr.limits.list()).toMatchObject([{ key: "model:ada", reason: "429" }]);
  });

  test.each([
    ["date", "not-serialisable", /the result\.at is an instance of Date/],
    ["class", "not-serialisable", /the result is an instance of Map/],
    ["long", "too-large", /the result is 2000002 bytes/],
  ])("fails by a result that JSON cannot keep: %s", async (what, _code, message) => {
    const { state, error } = await ended(await mr.enqueue(jobs.strange, { what }));
    expect({ state, error }).toMatchObject({
      state: "dead",
      error: { class: "validation", reason: "bad-result", message: expect.stringMatching(message) },
    });
  });

  test("is refused transactions by name", async () => {
    expect((await ended(await mr.enqueue(jobs.transaction))).result).toEqual([
      "bad-usage",
      "bad-usage",
      "bad-usage",
      expect.stringMatching(/^ctx\.transaction: an isolated handler has no transaction/),
    ]);
  });

  test("prints to the worker's log, line by line, and its own messages are nobody's", async () => {
    const job = await mr.enqueue(jobs.printing);
    expect((await ended(job)).result).toBe("printed");
    await expect.poll(() => lines.length, WAIT).toBeGreaterThanOrEqual(3);
    const from = `isolated job ${job.id} (printing): `;
    expect(lines.slice(0, 3)).toEqual(
      expect.arrayContaining([
        { level: "info", message: `${from}to the` },
        { level: "info", message: `${from}log` },
        { level: "warn", message: `${from}a complaint` },
      ]),
    );
  });
});

describe("what an isolated handler throws", () => {
  test.each([
    ["unrecoverable", "dead", { class: "processing", reason: "unrecoverable", name: "UnrecoverableError" }],
    ["later", "retrying", { class: "rate-limited", reason: "retry-after", message: "come back" }],
    ["classed", "dead", { class: "not-found", reason: "no-such-page" }],
    ["code", "retrying", { class: "connection", name: "TypeError", message: "reset" }],
    ["http", "retrying", { class: "rate-limited", message: "busy" }],
    ["own", "retrying", { class: "processing", name: "OwnError", message: "of its own class" }],
    ["words", "retrying", { class: "processing", name: "string", message: "plain words" }],
  ])("decides as an inline one: %s", async (how, state, error) => {
    const { id } = await mr.enqueue(failing, { how });
    await expect.poll(() => mr.jobs.status(id), WAIT).toBe(state);
    expect(await mr.jobs.get(id)).toMatchObject({ attempts: 1, error });
  });

  test("keeps the stack of the process, without whose lines equal failures would not be told", async () => {
    const { id } = await mr.enqueue(failing, { how: "classed" });
    const { error } = await ended(mr.handle(id));
    expect(error?.stack).toMatch(/^ClassedError: gone\n +at .*jobs\.mjs/);
  });

  test.each(["later", "http"])("sets the delay that it asks for: %s", async (how) => {
    const { id } = await mr.enqueue(failing, { how });
    await expect.poll(() => mr.jobs.status(id), WAIT).toBe("retrying");
    const record = await mr.jobs.get(id);
    const delayMs = Date.parse(record?.runAt ?? "") - Date.parse(record?.history[0]?.endedAt ?? "");
    expect(delayMs).toBe(7_200_000);
  });

  test("reaches the definition's callbacks with its class, cause and fields", async () => {
    const ids: string[] = [];
    for (const how of ["unrecoverable", "later", "own", "code"]) {
      ids.push((await mr.enqueue(failing, { how })).id);
    }
    await expect.poll(() => ids.filter((id) => told.has(id)), WAIT).toEqual(ids);
    const [unrecoverable, later, own, code] = ids.map((id) => told.get(id));
    expect(unrecoverable).toBeInstanceOf(UnrecoverableError);
    expect((unrecoverable as Error).cause).toMatchObject({ message: "the root" });
    expect(later).toBeInstanceOf(RetryAfterError);
    expect(later).toMatchObject({ delayMs: 7_200_000 });
    expect(own).toBeInstanceOf(Error);
    expect(own).toMatchObject({ name: "OwnError", place: { line: 3 } });
    expect(code).toBeInstanceOf(TypeError);
    expect(code).toMatchObject({ code: "ECONNRESET" });
  });
});

test("nothing of this was a trouble of the worker's", () => {
  expect(errors.filter(([, error]) => error instanceof MillraceError)).toEqual([]);
});
