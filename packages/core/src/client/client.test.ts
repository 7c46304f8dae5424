import { describe, expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import type { Store } from "../store/store.ts";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

describe("a client", () => {
  test("opens its store once, when it is first needed, and again after that failed", async () => {
    const inner = memoryStore();
    const trace: string[] = [];
    let isDown = true;
    const store = {
      ...inner,
      open: async () => {
        trace.push("open");
        if (isDown) throw new Error("down");
        return inner.open();
      },
      migrate: async () => {
        trace.push("migrate");
        return inner.migrate();
      },
    };
    const job = defineJob({ name: "j" });
    const mr = createMillrace({ store, jobs: [job] });
    expect(trace).toEqual([]);
    await expect(mr.enqueue(job)).rejects.toThrow("down");
    isDown = false;
    await Promise.all([mr.enqueue(job), mr.enqueue(job), mr.jobs.list()]);
    expect(trace).toEqual(["open", "open", "migrate"]);
    await mr.close();
    const checked = createMillrace({ store, migrate: "check" });
    await checked.jobs.list();
    expect(trace).toEqual(["open", "open", "migrate", "open", "migrate"]);
    await checked.close();
  });

  test("opens once although its schema could not be looked at, and looks again", async () => {
    const inner = memoryStore();
    const trace: string[] = [];
    const store: Store = {
      ...inner,
      open: async () => {
        trace.push("open");
        return inner.open();
      },
      migrate: async () => {
        trace.push("migrate");
        if (trace.length === 2) throw new Error("down");
        return inner.migrate();
      },
      close: async () => {
        trace.push("close");
        return inner.close();
      },
    };
    const mr = createMillrace({ store });
    await expect(mr.jobs.list()).rejects.toThrow("down");
    await mr.jobs.list();
    await mr.close();
    expect(trace).toEqual(["open", "migrate", "migrate", "close"]);
  });

  test("told to check the schema refuses one that is not up to date, and changes nothing", async () => {
    const ran: unknown[] = [];
    const store: Store = {
      ...memoryStore(),
      migrate: async (options) => {
        ran.push(options);
        return ["0002-later"];
      },
    };
    const mr = createMillrace({ store, migrate: "check" });
    await expect(mr.open()).rejects.toMatchObject({ code: "schema-mismatch" });
    expect(ran).toEqual([{ dryRun: true }]);
    await mr.close();
  });

  test("shows jobs with what it knows of them", async () => {
    const job = defineJob({ name: "j", run: () => ({ ok: true }) });
    const { mr, time } = scene([job]);
    const { id } = await mr.enqueue(job, { a: 1 }, { tags: ["t"], tenant: "acme" });
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "ready",
      startedAt: null,
      history: [],
      maxAttempts: 3,
    });
    mr.worker({ name: "w1" });
    await time.advance(1_000);
    const at = new Date(1_700_000_000_000).toISOString();
    expect(await mr.jobs.get(id)).toEqual({
      id,
      name: "j",
      queue: "default",
      priority: "default",
      tenant: "acme",
      tags: ["t"],
      state: "completed",
      generation: 1,
      run: null,
      parent: null,
      input: { a: 1 },
      result: { ok: true },
      error: null,
      attempts: 1,
      maxAttempts: 3,
      interruptions: 0,
      rescues: 0,
      snoozes: 0,
      progress: null,
      correlationId: null,
      submittedBy: null,
      createdAt: at,
      runAt: at,
      startedAt: at,
      expiresAt: null,
      finishedAt: at,
      updatedAt: at,
      history: [
        {
          generation: 1,
          attempt: 1,
          worker: "w1",
          outcome: "completed",
          startedAt: at,
          endedAt: at,
          durationMs: 0,
          error: null,
        },
      ],
    });
    expect(await mr.jobs.get("nonsense")).toBeUndefined();
    await mr.close();
  });

  test("lists by filter and page", async () => {
    const job = defineJob({ name: "j" });
    const { mr } = scene([job]);
    await mr.enqueueMany(job, Array(5).fill(0), { tenant: "a" });
    await mr.enqueueMany(job, Array(5).fill(0), { tenant: "b" });
    const first = await mr.jobs.list({ tenant: "a", limit: 3 });
    const second = await mr.jobs.list({ tenant: "a", limit: 3, after: first.next });
    expect([first.rows.length, second.rows.length]).toEqual([3, 2]);
    expect(new Set([...first.rows, ...second.rows].map(({ id }) => id)).size).toBe(5);
    await expect(mr.jobs.list({ limit: 0 })).rejects.toThrow(/jobs.list.limit is 0/);
    await expect(mr.jobs.list({ state: "dead" } as object)).rejects.toThrow(/no option "state"/);
    await mr.close();
  });

  test.each([
    [{ jobs: [], colour: 1 }, /createMillrace has no option "colour"/],
    [{ migrate: "never" }, /createMillrace.migrate is "never"/],
    [{ jobs: [defineJob({ name: "j" }), defineJob({ name: "j", queue: "q" })] }, /two jobs are named "j"/],
  ])("refuses bad options (%#)", (options, message) => {
    expect(() => createMillrace({ store: memoryStore(), ...(options as object) })).toThrow(message);
  });

  test.each([
    [{ threads: 4 }, /worker has no option "threads"/],
    [{ concurrency: 0 }, /worker.concurrency is 0/],
    [{ queues: [] }, /worker.queues is \[\]/],
    [{ queues: { mail: 0 } }, /worker.queues.mail is 0/],
    [{ lease: "1ms" }, /worker.lease is "1ms"/],
    [{ drain: "soon" }, /worker.drain is "soon"/],
    [{ name: "" }, /worker.name is ""/],
  ])("refuses bad options of a worker: %j", async (options, message) => {
    const mr = createMillrace({ store: memoryStore() });
    expect(() => mr.worker(options as object)).toThrow(message);
    await mr.close();
  });
});
