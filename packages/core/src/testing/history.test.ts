import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import { scene } from "./scene.fixture.ts";

describe("running a job again", () => {
  test("starts a generation of its own, and shows the earlier ones", async () => {
    let isBroken = true;
    const job = defineJob({
      name: "mended",
      retry: { maxAttempts: 2, initial: "1s", jitter: "none" },
      run: (_input, { job: { generation }, attempt }) => {
        if (isBroken) throw new Error("broken");
        return { generation, attempt };
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const handle = await mr.enqueue(job);
    await time.advance(3_000);
    expect(await mr.jobs.status(handle.id)).toBe("dead");
    expect(await mr.jobs.retry(handle.id, { reason: "mended", by: "ann" })).toBe("replayed");
    isBroken = false;
    await time.advance(100);
    await expect(handle.result()).resolves.toEqual({ generation: 2, attempt: 1 });
    expect(await mr.jobs.get(handle.id)).toMatchObject({ generation: 2, attempts: 1, error: null });
    const history = await mr.jobs.history(handle.id);
    expect(history?.map(({ generation, attempt, outcome }) => [generation, attempt, outcome])).toEqual([
      [1, 1, "retry"],
      [1, 2, "dead"],
      [2, 1, "completed"],
    ]);
    await mr.close();
  });

  test("shows neither the result nor the error of an earlier generation", async () => {
    const job = defineJob({ name: "done", run: () => "first" });
    const { mr, time } = scene([job]);
    const worker = mr.worker();
    const { id } = await mr.enqueue(job);
    await time.settle();
    await worker.stop();
    await mr.jobs.retry(id);
    expect(await mr.jobs.get(id)).toMatchObject({
      state: "ready",
      generation: 2,
      result: null,
      startedAt: null,
    });
    expect(await mr.jobs.history(id)).toHaveLength(1);
    await mr.close();
  });

  test("makes a delayed job due, which workers here learn at once", async () => {
    let runs = 0;
    const job = defineJob({
      name: "later",
      run: () => {
        runs += 1;
      },
    });
    const { mr, time } = scene([job]);
    mr.worker();
    const { id } = await mr.enqueue(job, undefined, { delay: "1h" });
    await time.advance(2_000);
    expect(runs).toBe(0);
    expect(await mr.jobs.retry(id)).toBe("made-ready");
    await time.settle();
    expect(runs).toBe(1);
    await mr.close();
  });
});

describe("forgetting jobs", () => {
  test("deletes finished ones by id, and tells of the others", async () => {
    const job = defineJob({ name: "short", run: () => 1 });
    const { mr, time } = scene([job]);
    const worker = mr.worker();
    const done = await mr.enqueue(job);
    await time.settle();
    await worker.stop();
    const live = await mr.enqueue(job);
    const ids = [done.id, live.id, "00000000-0000-7000-8000-000000000000"];
    expect(await mr.jobs.delete(ids)).toEqual(["deleted", "still-live", "not-found"]);
    expect(await mr.jobs.get(done.id)).toBeUndefined();
    expect(await mr.jobs.status(done.id)).toBeUndefined();
    expect(await mr.jobs.history(done.id)).toBeUndefined();
    await mr.close();
  });

  test("cleans up by age in bounded calls, dead letters only by name", async () => {
    const job = defineJob({
      name: "mixed",
      retry: "none",
      run: (input: { fails: boolean }) => {
        if (input.fails) throw new Error("no");
      },
    });
    const { mr, time, watch } = scene([job]);
    mr.worker();
    await mr.enqueueMany(
      job,
      Array.from({ length: 2_500 }, () => ({ fails: false })),
    );
    const { id } = await mr.enqueue(job, { fails: true });
    await time.advance(10_000);
    const before = watch.calls.cleanUp.length;
    expect(await mr.cleanUp({ olderThan: "1m" })).toEqual({ removed: 0 });
    expect(await mr.cleanUp({ olderThan: 0 })).toEqual({ removed: 2_500 });
    expect(watch.calls.cleanUp.length - before).toBe(4);
    expect((await mr.jobs.list()).rows.map((row) => row.id)).toEqual([id]);
    expect(await mr.cleanUp({ olderThan: 0, states: ["dead"] })).toEqual({ removed: 1 });
    await expect(mr.cleanUp({ olderThan: 0, states: ["ready" as never] })).rejects.toMatchObject({
      code: "bad-config",
    });
    await mr.close();
  });

  test("workers forget what is older than its retention, and keep dead letters", async () => {
    const job = defineJob({
      name: "kept",
      retry: "none",
      run: (input: { fails: boolean }) => {
        if (input.fails) throw new Error("no");
      },
    });
    const { mr, time } = scene([job]);
    /** Nobody polls through the hours between: all they leave to a worker is its first sweeps. */
    const workAfter = async (hours: number): Promise<void> => {
      await time.advance(hours * 3_600_000);
      const worker = mr.worker({ sweep: "1m" });
      await time.advance(120_000);
      await worker.stop();
    };
    const done = await mr.enqueue(job, { fails: false });
    const lost = await mr.enqueue(job, { fails: true });
    await workAfter(0);
    await workAfter(23);
    expect(await mr.jobs.status(done.id)).toBe("completed");
    await workAfter(2);
    expect(await mr.jobs.status(done.id)).toBeUndefined();
    expect(await mr.jobs.status(lost.id)).toBe("dead");
    await mr.close();
  });

  test("a clean-up that leaves old jobs behind is followed by the next at once", async () => {
    const job = defineJob({ name: "many", run: () => 1 });
    const { mr, time, watch } = scene([job]);
    const first = mr.worker({ sweep: "1h" });
    await mr.enqueueMany(job, Array(1_001).fill(null));
    await time.advance(10_000);
    await first.stop();
    await time.advance(25 * 3_600_000);
    const before = watch.calls.cleanUp.length;
    mr.worker({ sweep: "1h" });
    await time.advance(1_000); // sweeps begin one after the other
    const states = watch.calls.cleanUp.slice(before).flatMap(([options]) => options.states);
    expect(states.filter((state) => state === "completed")).toHaveLength(2);
    expect((await mr.jobs.list()).rows).toEqual([]);
    await mr.close();
  });

  test("refuses a retention it does not understand", () => {
    const store = memoryStore();
    for (const retention of [{ done: "1d" }, { dead: "never" }, { completed: -1 }, 5]) {
      expect(() => createMillrace({ store, retention: retention as never })).toThrow(
        expect.objectContaining({ code: "bad-config" }),
      );
    }
  });
});
