import { describe, expect, test } from "vitest";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

const job = defineJob({ name: "j", queue: "mail" });
const other = defineJob({ name: "other", queue: "mail" });

describe("unique keys", () => {
  test("a duplicate is an error that names the holder, unless another mode was asked for", async () => {
    const { mr } = scene([job]);
    const first = await mr.enqueue(job, { n: 1 }, { key: "k" });
    expect(first.accepted).toBe("created");
    await expect(mr.enqueue(job, { n: 2 }, { key: "k" })).rejects.toMatchObject({
      code: "duplicate",
      details: { id: first.id, key: "k" },
    });
    const returned = await mr.enqueue(job, { n: 3 }, { key: "k", mode: "return" });
    expect(returned).toMatchObject({ id: first.id, accepted: "duplicate" });
    const replaced = await mr.enqueue(job, { n: 4 }, { key: "k", mode: "replace" });
    expect(replaced).toMatchObject({ id: first.id, accepted: "replaced" });
    expect((await mr.jobs.get(first.id))?.input).toEqual({ n: 4 });
    await mr.close();
  });

  test("a key is unique within its scope, and but for global ones within the tenant", async () => {
    const { mr } = scene([job, other]);
    const accepted = async (
      definition: typeof job | typeof other,
      options: Parameters<typeof mr.enqueue>[2],
    ) => (await mr.enqueue(definition, {}, { key: "k", mode: "return", ...options })).accepted;
    for (const scope of ["name", "queue", "tenant"] as const) {
      expect(await accepted(job, { scope })).toBe("created");
      expect(await accepted(job, { scope, tenant: "acme" })).toBe("created");
      expect(await accepted(other, { scope })).toBe(scope === "name" ? "created" : "duplicate");
    }
    expect(await accepted(job, { scope: "global" })).toBe("created");
    expect(await accepted(other, { scope: "global", tenant: "acme" })).toBe("duplicate");
    await mr.close();
  });

  test("a key holds until the job ends, or as long as it is kept", async () => {
    const run = defineJob({ name: "run", run: () => 1 });
    const { mr, time } = scene([run]);
    await mr.enqueue(run, {}, { key: "short" });
    await mr.enqueue(run, {}, { key: "kept", keepFor: "1h" });
    mr.worker();
    await time.settle();
    expect((await mr.enqueue(run, {}, { key: "short" })).accepted).toBe("created");
    await expect(mr.enqueue(run, {}, { key: "kept" })).rejects.toMatchObject({ code: "duplicate" });
    await time.advance(3_600_000);
    expect((await mr.enqueue(run, {}, { key: "kept" })).accepted).toBe("created");
    await mr.close();
  });

  test("of many, duplicates are counted, and keys may come from inputs", async () => {
    const { mr } = scene([job]);
    const inputs = [{ n: 1 }, { n: 2 }, { n: 1 }, { n: 3 }, { n: 2 }];
    const key = (input: unknown) => `n-${(input as { n: number }).n}`;
    expect(await mr.enqueueMany(job, inputs, { key })).toEqual({
      enqueued: 3,
      duplicates: 2,
      replaced: 0,
      refused: 0,
    });
    expect(await mr.enqueueMany(job, inputs, { key, mode: "replace" })).toMatchObject({
      enqueued: 0,
      replaced: 5,
    });
    await mr.close();
  });

  test("a call whose answer was lost is sent again and is no duplicate of itself", async () => {
    const { mr, watch, time } = scene([job]);
    let lost = false;
    watch.after.enqueue = () => {
      if (lost) return;
      lost = true;
      throw Object.assign(new Error("lost"), {});
    };
    const sending = mr.enqueue(job, {}, { key: "k", keepFor: "1h" });
    await time.advance(1_000);
    expect((await sending).accepted).toBe("created");
    expect(watch.calls.enqueue).toHaveLength(2);
    await mr.close();
  });

  test("options that mean nothing are refused", async () => {
    const { mr } = scene([job]);
    const refused = { code: "bad-config" };
    await expect(mr.enqueue(job, {}, { mode: "return" })).rejects.toMatchObject(refused);
    await expect(mr.enqueue(job, {}, { key: "k", mode: "debounce" })).rejects.toMatchObject(refused);
    await expect(mr.enqueue(job, {}, { key: "" })).rejects.toMatchObject(refused);
    // @ts-expect-error: no such mode
    await expect(mr.enqueue(job, {}, { key: "k", mode: "ignore" })).rejects.toMatchObject(refused);
    // @ts-expect-error: no such scope
    await expect(mr.enqueue(job, {}, { key: "k", scope: "galaxy" })).rejects.toMatchObject(refused);
    // @ts-expect-error: durations are written "10m"
    await expect(mr.enqueue(job, {}, { delay: "10 minutes" })).rejects.toMatchObject(refused);
    await mr.close();
  });
});

describe("times", () => {
  test("a job runs at a moment given in any of three ways", async () => {
    const { mr, watch } = scene([job]);
    const at = Date.UTC(2030, 0, 1);
    for (const runAt of [at, new Date(at), "2030-01-01T00:00:00Z"]) await mr.enqueue(job, {}, { runAt });
    expect(watch.calls.enqueue.map(([[row]]) => row?.runAtMs)).toEqual([at, at, at]);
    const refused = { code: "bad-config" };
    await expect(mr.enqueue(job, {}, { runAt: "tomorrow" })).rejects.toMatchObject(refused);
    await expect(mr.enqueue(job, {}, { runAt: at, delay: "1s" })).rejects.toMatchObject(refused);
    await expect(mr.enqueue(job, {}, { ttl: "1s", expiresAt: at })).rejects.toMatchObject(refused);
    await mr.close();
  });

  test("a job nobody takes in time ends expired, by a worker's sweep, and its result says so", async () => {
    const idle = defineJob({ name: "idle", run: () => 1 });
    const { mr, time } = scene([idle]);
    const { id } = await mr.enqueue(job, {}, { ttl: "10s" });
    expect((await mr.jobs.get(id))?.expiresAt).toBe(new Date(1_700_000_010_000).toISOString());
    const result = expect(mr.handle(id).result()).rejects.toMatchObject({
      code: "job-failed",
      details: { state: "expired" },
    });
    mr.worker();
    await time.advance(20_000);
    await result;
    await mr.close();
  });
});

describe("ordering keys", () => {
  test("jobs of one key run one at a time, in their order, whatever their class", async () => {
    const log: number[] = [];
    const step = defineJob({ name: "step", run: (input: { n: number }) => void log.push(input.n) });
    const { mr, time } = scene([step]);
    for (const n of [1, 2, 3]) {
      const priority = n === 3 ? "critical" : "default";
      await mr.enqueue(step, { n }, { orderingKey: "account-7", priority });
    }
    mr.worker();
    await time.settle();
    expect(log).toEqual([1, 2, 3]);
    await mr.close();
  });
});
