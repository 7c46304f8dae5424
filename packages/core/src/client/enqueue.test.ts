import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { openEnvelope } from "../model/envelope.ts";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

function schema(isAsync: boolean): StandardSchemaV1<{ n: string }, { n: number }> {
  const validate = (value: unknown): StandardSchemaV1.Result<{ n: number }> => {
    const text = (value as { n?: unknown } | null)?.n;
    if (typeof text !== "string") return { issues: [{ message: "must be text", path: [{ key: "n" }] }] };
    return { value: { n: Number(text) } };
  };
  const maybeLater = (value: unknown) => (isAsync ? Promise.resolve(validate(value)) : validate(value));
  return { "~standard": { version: 1, vendor: "test", validate: maybeLater } };
}

describe("enqueue", () => {
  test.each([false, true])(
    "checks the input, keeps it as given, and hands run what the schema makes of it (async: %s)",
    async (isAsync) => {
      const seen: unknown[] = [];
      const job = defineJob({ name: "j", input: schema(isAsync), run: (input) => void seen.push(input) });
      const { mr, time, watch } = scene([job]);
      await expect(mr.enqueue(job, { n: 1 } as never)).rejects.toMatchObject({
        code: "bad-input",
        message: 'input of job "j": n: must be text',
        details: { issues: [{ message: "must be text", path: "n" }] },
      });
      expect(watch.calls.enqueue).toEqual([]);
      const { id } = await mr.enqueue(job, { n: "7" });
      mr.worker();
      await time.settle();
      expect(seen).toEqual([{ n: 7 }]);
      expect((await mr.jobs.get(id))?.input).toEqual({ n: "7" });
      await mr.close();
    },
  );

  test("a payload the worker's schema refuses goes to dead with class validation", async () => {
    const loose = defineJob({ name: "j" });
    const strict = defineJob({ name: "j", input: schema(false), run: () => 1 });
    const { mr, time } = scene([strict]);
    const { id } = await mr.enqueue(loose, { n: 1 });
    mr.worker();
    await time.settle();
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "dead",
      attempts: 1,
      error: { class: "validation", reason: "input" },
    });
    await mr.close();
  });

  test("seals what the options say", async () => {
    const job = defineJob({ name: "j", queue: "mail", retry: { maxAttempts: 4, initial: "2s" } });
    const { mr, watch } = scene([job]);
    await mr.enqueue(
      job,
      { a: 1 },
      {
        priority: "bulk",
        delay: "10m",
        tenant: "acme",
        tags: ["x"],
        correlationId: "c",
        submittedBy: "s",
        maxAttempts: 9,
        timeout: "1h",
      },
    );
    const row = watch.calls.enqueue[0]?.[0][0];
    expect(row).toMatchObject({
      queue: "mail",
      name: "j",
      priority: "bulk",
      delayMs: 600_000,
      tenant: "acme",
      maxRescues: 3,
    });
    expect(openEnvelope(row?.envelope ?? "")).toEqual({
      payload: { a: 1 },
      maxAttempts: 9,
      timeoutMs: 3_600_000,
      tags: ["x"],
      correlationId: "c",
      submittedBy: "s",
    });
    await mr.enqueue(job);
    expect(openEnvelope(watch.calls.enqueue[1]?.[0][0]?.envelope ?? "")).toEqual({ payload: null });
    await mr.close();
  });

  test.each([
    [{ colour: "red" }, /enqueue has no option "colour"; it knows priority/],
    [{ delay: "10 minutes" }, /enqueue.delay is "10 minutes"/],
    [{ delay: -1 }, /enqueue.delay is -1/],
    [{ priority: "urgent" }, /enqueue.priority is "urgent"/],
    [{ retry: "none", maxAttempts: 2 }, /retry or maxAttempts, not both/],
    [{ maxAttempts: 1.5 }, /maxAttempts is 1.5/],
    [{ tags: Array(33).fill("t") }, /enqueue.tags is 33; it takes at most 32 tags/],
    [{ tenant: "a\u0000" }, /enqueue.tenant is/],
    [{ timeout: 0 }, /enqueue.timeout is 0/],
  ])("refuses %j by name", async (options, message) => {
    const job = defineJob({ name: "j" });
    const { mr } = scene([job]);
    await expect(mr.enqueue(job, 1, options as object)).rejects.toMatchObject({
      code: "bad-config",
      message,
    });
    await mr.close();
  });

  test("refuses what JSON cannot hold", async () => {
    const job = defineJob({ name: "j" });
    const { mr } = scene([job]);
    await expect(mr.enqueue(job, { at: new Date() })).rejects.toMatchObject({ code: "not-serialisable" });
    await expect(mr.enqueue(job, "x".repeat(1_048_577))).rejects.toMatchObject({ code: "too-large" });
    await mr.close();
  });

  test("inside a transaction goes by itself, and the store's refusal is the caller's", async () => {
    const job = defineJob({ name: "j" });
    const { mr } = scene([job]);
    await expect(mr.enqueue(job, 1, { transaction: {} as never })).rejects.toMatchObject({
      code: "unsupported",
    });
    await mr.close();
  });

  test("by name needs a definition", async () => {
    const { mr } = scene([]);
    await expect(mr.enqueue("nobody" as never)).rejects.toMatchObject({ code: "not-found" });
    await mr.close();
  });
});

describe("enqueueMany", () => {
  test("takes a name, which needs a definition", async () => {
    const { mr } = scene([defineJob({ name: "j", input: undefined, run: (input: number) => input })]);
    expect(await mr.enqueueMany("j", [1, 2])).toMatchObject({ enqueued: 2 });
    await expect(mr.enqueueMany("nobody" as never, [] as never)).rejects.toMatchObject({ code: "not-found" });
    await mr.close();
  });

  const numbered = (input: unknown): number => (input as { readonly n: number }).n; // as inputs below are
  test.each([
    { what: "without keys", options: {}, most: 2, enqueued: 3_500 },
    {
      what: "with keys of their own",
      options: { key: (input: unknown) => `${numbered(input)}` },
      most: 2,
      enqueued: 3_500,
    },
    {
      what: "with a key that batches share",
      options: { key: (input: unknown) => `${numbered(input) % 1_000}` },
      most: 1,
      enqueued: 1_000,
    },
    { what: "with an ordering key", options: { orderingKey: "one" }, most: 1, enqueued: 3_500 },
  ])(
    "streams an async iterable in batches of a thousand, $what at most $most on their way",
    async ({ options, most, enqueued }) => {
      const job = defineJob({ name: "j" });
      const { mr, watch } = scene([job]);
      let read = 0;
      let sending = 0;
      let mostSending = 0;
      let readAhead = 0;
      watch.before.enqueue = async () => {
        const before = read;
        sending += 1;
        mostSending = Math.max(mostSending, sending);
        await new Promise((resolve) => setImmediate(resolve));
        sending -= 1;
        readAhead = Math.max(readAhead, read - before);
      };
      async function* inputs() {
        for (; read < 3_500; read += 1) yield { n: read };
      }
      expect(await mr.enqueueMany(job, inputs(), options)).toMatchObject({ enqueued });
      expect(watch.calls.enqueue.map(([jobs]) => jobs.length)).toEqual([1_000, 1_000, 1_000, 500]);
      expect(mostSending).toBe(most);
      expect(readAhead).toBeLessThanOrEqual(most * 1_000);
      await mr.close();
    },
  );

  test("cuts batches of large inputs by their size", async () => {
    const job = defineJob({ name: "j" });
    const { mr, watch } = scene([job]);
    await mr.enqueueMany(job, Array(10).fill("x".repeat(1_000_000)));
    expect(watch.calls.enqueue.map(([jobs]) => jobs.length)).toEqual([5, 5]);
    await mr.close();
  });

  test("says how many were accepted before a bad input", async () => {
    const job = defineJob({ name: "j", input: schema(false) });
    const { mr } = scene([job]);
    const inputs = Array.from({ length: 1_500 }, (_, n) => ({ n: n === 1_200 ? n : String(n) }));
    await expect(mr.enqueueMany(job, inputs as never)).rejects.toMatchObject({
      code: "bad-input",
      details: { enqueued: 1_000, job: "j" },
    });
    await mr.close();
  });
});
