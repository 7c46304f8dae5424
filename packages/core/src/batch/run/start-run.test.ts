import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { defineJob } from "../../client/define-job.ts";
import { scene } from "../../testing/scene.fixture.ts";
import { ended } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play } from "../pipeline.fixture.ts";

/** Takes text, gives a number; answers later where `isSlow`. */
function counting(isSlow = false): StandardSchemaV1<{ n: string; note?: string }, { n: number }> {
  return {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        const { n } = value as { n: unknown };
        const isText = typeof n === "string";
        const result = isText
          ? { value: { n: Number(n) } }
          : { issues: [{ message: "must be text", path: ["n"] }] };
        return isSlow ? Promise.resolve(result) : result;
      },
    },
  };
}

describe("parameters", () => {
  test.each([false, true])(
    "are held to their schema at start, and steps get what it gives (slow: %s)",
    async (isSlow) => {
      const pipeline = definePipeline({ name: "p", input: counting(isSlow) })
        .step("twice", ({ input, ctx }) => [input.n * 2, ctx.params.n])
        .step("items", { read: ({ params }) => [params.n], process: (n, { params }) => n + params.n })
        .step("end", ({ steps }) => steps.twice);
      const of = scene([pipeline]);
      await expect(of.mr.start(pipeline, { n: 4 } as never)).rejects.toMatchObject({
        code: "bad-input",
        message: 'parameters of "p": n: must be text',
        details: { issues: [{ message: "must be text", path: "n" }] },
      });
      expect(await (await play(pipeline, { n: "4" })).ended()).toMatchObject({
        ...{ state: "completed", params: '{"n":"4"}', result: "[8,4]" },
      });
    },
  );

  test("that JSON cannot hold are refused", async () => {
    const pipeline = definePipeline<{ n: unknown }>({ name: "p" });
    await expect(scene([pipeline]).mr.start(pipeline, { n: 1n })).rejects.toMatchObject({
      code: "not-serialisable",
    });
  });

  test("name the instance: all of them, in any order, or those that identify it", async () => {
    const all = definePipeline<{ a: number; b: number }>({ name: "all" });
    const one = definePipeline<{ a?: number; b: number }>({ name: "one", identity: ["a"] });
    const of = scene([all, one]);
    const first = await of.mr.start(all, { a: 1, b: 2 });
    expect((await of.mr.start(all, { b: 2, a: 1 })).id).toBe(first.id);
    expect((await of.mr.start(all, { a: 1, b: 3 })).id).not.toBe(first.id);
    const second = await of.mr.start(one, { a: 1, b: 2 });
    expect((await of.mr.start(one, { a: 1, b: 3 })).result).toBe("resumed");
    expect((await of.mr.start(one, { a: 2, b: 2 })).id).not.toBe(second.id);
    await expect(of.mr.start(one, { b: 2 })).rejects.toMatchObject({
      code: "bad-input",
      message: 'parameters of "one": "a" names the instance and is missing',
    });
  });
});

describe("a start", () => {
  test("says whose the run is, its class and its thread, and its jobs say so too", async () => {
    const pipeline = definePipeline({ name: "p", queue: "q" }).step("load", {
      read: () => [1],
      process: (n, { run }) => [n, run.tenant],
    });
    const of = scene([pipeline]);
    const options = { tenant: "acme", submittedBy: "ann", correlationId: "c1", priority: "low" } as const;
    const handle = await of.mr.start(pipeline, {}, options);
    of.mr.worker();
    const run = await ended(of as never, handle);
    expect(run).toMatchObject({ ...options, queue: "q", state: "completed" });
    const { rows } = await of.mr.jobs.list({ run: handle.id, limit: 10 });
    expect(rows.map(({ name, priority }) => [name, priority]).toSorted()).toEqual([
      ["p/chunk", "low"],
      ["p/run", "high"],
      ["p/step", "high"],
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ tenant: "acme", submittedBy: "ann", correlationId: "c1", queue: "q" });
    }
    expect((await of.mr.runs.list({ tenant: "acme" })).rows).toMatchObject([{ id: handle.id }]);
    expect((await of.mr.runs.list({ tenant: "other" })).rows).toEqual([]);
    await expect(of.mr.runs.list({ limit: 0 })).rejects.toMatchObject({ code: "bad-config" });
    await expect(of.mr.start(pipeline, {}, { colour: 1 } as never)).rejects.toMatchObject({
      code: "bad-config",
    });
    await expect(of.mr.start(pipeline, {}, { force: 1 as never })).rejects.toMatchObject({
      code: "bad-config",
    });
    await expect(of.mr.start({ name: "p" }, {})).rejects.toThrow("what definePipeline or defineBatch gave");
  });

  test("is refused by a full queue in words, and found where it needs no room", async () => {
    const pipeline = definePipeline<{ n: number }>({ name: "p", queue: "q" }).step("one", () => 1);
    const of = scene([pipeline]);
    const first = await of.mr.start(pipeline, { n: 1 });
    await of.mr.queues.setCapacity("q", { total: 1 });
    await expect(of.mr.start(pipeline, { n: 2 })).rejects.toMatchObject({
      code: "queue-full",
      message: 'queue "q" has no room for a high job; try again later',
      details: { queue: "q", priority: "high" },
    });
    expect(await of.mr.start(pipeline, { n: 1 })).toMatchObject({ result: "resumed", id: first.id });
    await of.mr.run(first.id).cancel();
    of.mr.worker();
    await of.time.advance(60_000);
    expect((await of.mr.start(pipeline, { n: 2 })).result).toBe("started");
  });

  test("of an instance that has completed is finished, unless it is forced", async () => {
    const pipeline = definePipeline({ name: "p" }).step("one", () => 1);
    const { of, handle, ended: end } = await play(pipeline, {});
    await end();
    expect(await of.mr.start(pipeline)).toMatchObject({ result: "finished", id: handle.id });
    const forced = await of.mr.start(pipeline, {}, { force: true });
    expect(forced.result).toBe("started");
    expect(forced.id).not.toBe(handle.id);
    expect((await ended(of, forced)).state).toBe("completed");
  });

  test("from a handler is its job's tenant's, submitter's and thread's", async () => {
    const pipeline = definePipeline({ name: "p" });
    const starting: { run?: () => Promise<unknown> } = {};
    const job = defineJob({ name: "starter", run: async () => void (await starting.run?.()) });
    const of = scene([pipeline, job]);
    starting.run = () => of.mr.start(pipeline, {});
    of.mr.worker();
    const options = { tenant: "acme", submittedBy: "ann", correlationId: "c1" };
    await of.mr.enqueue(job, undefined, options);
    await of.time.advance(5_000);
    expect((await of.mr.runs.list()).rows).toMatchObject([{ ...options, state: "completed" }]);
  });
});

describe("a schedule", () => {
  test("starts a run at each fire, of an instance that may run again", async () => {
    const seen: unknown[] = [];
    const pipeline = definePipeline<{ shop: string }>({ name: "nightly", rerun: true }).step(
      "count",
      ({ input }) => void seen.push(input.shop),
    );
    const of = scene([pipeline]);
    const set = await of.mr.schedule("every-minute", {
      ...{ run: pipeline, input: { shop: "a" }, every: "1m" },
      job: { submittedBy: "ann", tenant: "acme" },
    });
    expect(set).toMatchObject({
      result: "created",
      tenant: "acme",
      job: null,
      run: { definition: "nightly", instance: '{"shop":"a"}', params: { shop: "a" } },
    });
    of.mr.worker();
    await of.time.advance(3 * 60_000 + 5_000);
    expect(seen).toEqual(["a", "a", "a"]);
    const { rows } = await of.mr.runs.list({ definition: "nightly" });
    expect(rows.map(({ state, submittedBy }) => [state, submittedBy])).toEqual(
      Array.from({ length: 3 }, () => ["completed", "ann"]),
    );
    const fired = await of.mr.schedules.run("every-minute");
    expect(fired).toMatchObject({ result: "fired" });
    await of.time.advance(5_000);
    expect(seen).toHaveLength(4);
  });

  test("of an instance that has completed for good says so, and parameters are checked", async () => {
    const pipeline = definePipeline({ name: "once", input: counting() }).step("one", () => 1);
    const of = scene([pipeline]);
    const at = { run: pipeline, every: "1m" } as const;
    await of.mr.schedule("s", { ...at, input: { n: "1" } });
    of.mr.worker();
    await of.time.advance(2 * 60_000 + 5_000);
    expect((await of.mr.schedules.get("s"))?.recent).toMatchObject([
      { outcome: "skipped", reason: "finished" },
      { outcome: "fired" },
    ]);
    await expect(of.mr.schedule("s", { ...at, input: { n: 1 as never } })).rejects.toMatchObject({
      code: "bad-input",
    });
    await expect(of.mr.schedule("s", { ...at, run: undefined as never, input: { n: "1" } })).rejects.toThrow(
      "schedule.run",
    );
  });
});
