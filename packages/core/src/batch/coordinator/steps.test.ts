import { describe, expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { scene, unreachable } from "../../testing/scene.fixture.ts";
import { ended } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, startsOf, statesOf } from "../pipeline.fixture.ts";

function refusal(message = "no such shelf") {
  return new ClassedError("not-found", "missing", message);
}

describe("steps", () => {
  test("run in order, each with the results of those before; the last one's is the run's", async () => {
    const order: string[] = [];
    const pipeline = definePipeline<{ shop: string }>({ name: "p" })
      .step("list", ({ input, steps }) => {
        order.push("list");
        expect(steps).toEqual({});
        return { words: ["a", "bb", input.shop] };
      })
      .each(
        "length",
        ({ steps }) => steps.list.words,
        (word) => word.length,
        { chunkSize: 2 },
      )
      .step("load", {
        read: ({ steps }) => steps.length,
        write: (lengths) => void order.push(`load ${lengths.join()}`),
      })
      .step("sum", ({ steps }) => {
        order.push("sum");
        expect(steps.load).toMatchObject({ read: 3, written: 3, processed: 3, failed: 0 });
        return { sum: steps.length.reduce((sum, each) => sum + each, 0) };
      });
    const { handle, ended: end, of } = await play(pipeline, { shop: "ccc" });
    expect(await end()).toMatchObject({ state: "completed", result: '{"sum":6}' });
    expect(order).toEqual(["list", "load 1,2,3", "sum"]);
    expect(await statesOf(handle)).toEqual({
      length: "completed",
      list: "completed",
      load: "completed",
      sum: "completed",
    });
    const [step] = (await handle.steps()).filter(({ name }) => name === "list");
    expect(step).toMatchObject({ starts: 1, result: { words: ["a", "bb", "ccc"] }, context: {} });
    expect(step?.finishedAt).not.toBeNull();
    const { rows } = await of.mr.jobs.list({ run: handle.id, limit: 100 });
    expect(rows.every(({ state, attempts }) => state === "completed" && attempts === 1)).toBe(true);
  });

  test("of chunks may say something of their items, in the log of the chunk's job", async () => {
    const pipeline = definePipeline({ name: "p" }).step("load", {
      read: () => [1, 2],
      process: (item, { log }) => {
        if (item === 2) log.warn(`${item} looks odd`);
        return item;
      },
      write: (items, { log }) => log.info(`${items.length} written`),
    });
    const { of, ended: end } = await play(pipeline, {});
    expect(await end()).toMatchObject({ state: "completed" });
    const [chunk] = (await of.mr.jobs.list({ name: "p/chunk" })).rows;
    expect((await of.mr.jobs.logs(chunk?.id ?? "")).rows).toMatchObject([
      { level: "warn", line: "2 looks odd" },
      { level: "info", line: "2 written" },
    ]);
  });

  test("none of them: the run completes", async () => {
    const { ended: end } = await play(definePipeline({ name: "empty" }), {});
    expect(await end()).toMatchObject({ state: "completed", result: "{}" });
  });

  test("share the run's context as ended steps leave it, and keep their own over a restart", async () => {
    const seen: unknown[] = [];
    let fails = true;
    const pipeline = definePipeline({ name: "p" })
      .step("a", ({ ctx }) => {
        ctx.run.set("who", "a");
        ctx.run.set("count", 1);
        ctx.step.set("mine", ["kept"]);
      })
      .step("b", {
        read: ({ run, step }) => {
          run.set("who", "b");
          step.set("reads", (step.get<number>("reads") ?? 0) + 1);
          return [1];
        },
        process: (_item, { run }) => void seen.push(run.get("who")),
      })
      .step("c", ({ ctx }) => {
        ctx.run.set("lost", true);
        seen.push([ctx.run.get("who"), ctx.run.get("count"), ctx.run.get("none"), ctx.run.id]);
        if (fails) throw refusal();
      })
      .step("d", ({ ctx }) => void seen.push(ctx.run.get("lost")));
    const { handle, ended: end } = await play(pipeline, {});
    expect((await end()).state).toBe("failed");
    expect(seen).toEqual(["a", ["b", 1, undefined, handle.id]]);
    const byName = new Map((await handle.steps()).map((step) => [step.name, step]));
    expect(byName.get("a")?.context).toEqual({ mine: ["kept"] });
    expect(byName.get("b")?.context).toEqual({ reads: 1 });
    fails = false;
    await handle.restart();
    expect((await end()).state).toBe("completed");
    expect(seen.slice(2)).toEqual([["b", 1, undefined, handle.id], true]);
  });

  test("that fail are retried by their own policy, then fail the run with class and message", async () => {
    let tries = 0;
    const pipeline = definePipeline({ name: "p" })
      .step("flaky", () => {
        tries += 1;
        if (tries < 3) throw new Error("not yet");
        return tries;
      })
      .step(
        "bad",
        () => {
          tries += 1;
          throw new ClassedError("connection", "reset", "hung up");
        },
        { retry: { maxAttempts: 2, backoff: () => "2m" } },
      )
      .step("never", () => 1);
    const { handle, ended: end, of } = await play(pipeline, {});
    const begun = of.time.now();
    const run = await end();
    expect(of.time.now() - begun).toBeGreaterThan(120_000);
    expect(tries).toBe(5);
    expect(run.state).toBe("failed");
    const error = { class: "connection", reason: "reset", message: "hung up" };
    expect(JSON.parse(run.error ?? "")).toEqual({ ...error, step: "bad" });
    expect(await statesOf(handle)).toEqual({ flaky: "completed", bad: "failed" });
    expect((await handle.steps()).find(({ name }) => name === "bad")?.error).toEqual(error);
    const { rows } = await of.mr.jobs.list({ name: "p/step", states: ["dead"] });
    expect(rows).toMatchObject([{ attempts: 2 }]);
    expect((await of.mr.dead.groups()).rows).toMatchObject([{ count: 1 }]);
    expect((await of.mr.jobs.list({ name: "p/run" })).rows).toMatchObject([{ state: "completed" }]);
  });

  test("that give what JSON cannot hold fail by that", async () => {
    const pipeline = definePipeline({ name: "p" }).step("big", () => 10n, { retry: "none" });
    const run = await (await play(pipeline, {})).ended();
    expect(run.state).toBe("failed");
    expect(JSON.parse(run.error ?? "")).toMatchObject({ step: "big", message: /result/ as never });
  });

  test("run into their own time-out", async () => {
    const pipeline = definePipeline({ name: "p" }).step(
      "slow",
      ({ ctx }) =>
        new Promise((_resolve, reject) => {
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
        }),
      { timeout: "5s", retry: "none" },
    );
    const run = await (await play(pipeline, {})).ended();
    expect(JSON.parse(run.error ?? "")).toMatchObject({ class: "timeout", step: "slow" });
  });

  test("whose condition says no are skipped, and have no result", async () => {
    const pipeline = definePipeline<{ full: boolean }>({ name: "p" })
      .step("check", () => "yes", { when: async ({ input }) => input.full })
      .step("other", ({ steps }) => Object.keys(steps).length, {
        when: ({ steps, ctx }) => steps.check === undefined && ctx.run.get("x") === undefined,
      });
    const { handle, ended: end } = await play(pipeline, { full: false });
    expect(await end()).toMatchObject({ state: "completed", result: "0" });
    expect(await statesOf(handle)).toEqual({ check: "skipped", other: "completed" });
    expect(await startsOf(handle)).toEqual({ check: 0, other: 1 });
  });

  test("whose condition fails, or gives no answer, fail the run; what passes is tried again", async () => {
    let asked = 0;
    const pipeline = definePipeline<{ bad: unknown }>({ name: "p" }).step("then", () => 1, {
      when: ({ input }) => {
        asked += 1;
        if (input.bad === "throws") throw new Error("cannot tell");
        return input.bad as boolean;
      },
    });
    const failed = await (await play(pipeline, { bad: "throws" })).ended();
    expect(JSON.parse(failed.error ?? "")).toEqual({
      ...{ class: "processing", message: "cannot tell", step: "then" },
    });
    expect(asked).toBe(3);
    const none = await (await play(pipeline, { bad: 1 })).ended();
    expect(JSON.parse(none.error ?? "")).toMatchObject({ class: "validation", reason: "bad-condition" });
    expect(asked).toBe(4);
  });

  test("that always run do so after a failure, and again in a restart; others stay pending", async () => {
    const ran: string[] = [];
    let fails = true;
    const pipeline = definePipeline({ name: "p" })
      .step("open", () => void ran.push("open"), { alwaysRun: true })
      .step("once", () => void ran.push("once"))
      .step("work", () => {
        ran.push("work");
        if (fails) throw refusal("first");
      })
      .step("after", () => void ran.push("after"))
      .step(
        "close",
        () => {
          ran.push("close");
          if (fails) throw refusal("second");
        },
        { alwaysRun: true },
      );
    const { handle, ended: end } = await play(pipeline, {});
    const run = await end();
    expect(JSON.parse(run.error ?? "")).toMatchObject({ step: "work", message: "first" });
    expect(await statesOf(handle)).toEqual({
      open: "completed",
      once: "completed",
      work: "failed",
      close: "failed",
    });
    fails = false;
    await handle.restart({ reason: "mended" });
    expect(await end()).toMatchObject({ state: "completed", restarts: 1 });
    expect(ran.join(" ")).toBe("open once work close open work after close");
    expect(await startsOf(handle)).toEqual({ open: 2, once: 1, work: 2, after: 1, close: 2 });
  });

  test("begin no more often than their limit", async () => {
    let runs = 0;
    const pipeline = definePipeline({ name: "p" }).step(
      "work",
      () => {
        runs += 1;
        throw refusal();
      },
      { startLimit: 2 },
    );
    const { handle, ended: end } = await play(pipeline, {});
    await end();
    await handle.restart();
    await end();
    await handle.restart();
    const run = await end();
    expect(JSON.parse(run.error ?? "")).toMatchObject({
      ...{ class: "validation", reason: "start-limit", step: "work" },
      message: 'step "work" has begun 2 times in this run, which is its startLimit; start a new run',
    });
    expect(runs).toBe(2);
    expect(await startsOf(handle)).toEqual({ work: 2 });
  });

  test("are told of: the run, each step, each chunk, skips and retries; a listener that throws changes nothing", async () => {
    const told: string[] = [];
    let isFirst = true;
    const pipeline = definePipeline({
      name: "p",
      on: {
        beforeRun: ({ definition }) => void told.push(`before ${definition}`),
        afterRun: ({ state, error }) => void told.push(`after run ${state} ${error ?? ""}`),
        beforeStep: ({ step }) => void told.push(`before ${step}`),
        afterStep: ({ step, state, error }) => void told.push(`after ${step} ${state} ${error ?? ""}`),
        beforeChunk: ({ items, attempt }) => {
          told.push(`before chunk of ${items}, ${attempt}`);
          throw new Error("nobody listens");
        },
        afterChunk: ({ outcomes, error }) =>
          void told.push(`after chunk ${JSON.stringify(outcomes)} ${error ?? ""}`),
        skip: ({ key, item, error }) => void told.push(`skip ${key} ${item} ${error}`),
        retry: ({ error }) => void told.push(`retry ${error}`),
      },
    })
      .step("load", {
        read: () => [1, 2, 3],
        key: (item) => `k${item}`,
        process: (item) => {
          if (item === 2) throw refusal();
          if (item === 3 && isFirst) {
            isFirst = false;
            throw new Error("once");
          }
          return item;
        },
        skipLimit: 1,
      })
      .step("end", () => {
        throw refusal("over");
      });
    const { ended: end, of } = await play(pipeline, {});
    expect((await end()).state).toBe("failed");
    expect(told).toEqual([
      "before p",
      "before load",
      "before chunk of 3, 1",
      "skip k2 2 ClassedError: no such shelf",
      'after chunk {"done":1,"skipped":1} Error: once',
      "retry Error: once",
      "before chunk of 3, 2",
      'after chunk {"done":1} ',
      "after load completed ",
      "before end",
      "after end failed over",
      "after run failed over",
    ]);
    expect(of.errors.map(([where, error]) => `${where}: ${error}`)).toEqual([
      "listener p beforeChunk: Error: nobody listens",
      "listener p beforeChunk: Error: nobody listens",
    ]);
  });
});

describe("the job of a step", () => {
  test("does nothing twice, whatever answers are lost on the way", async () => {
    for (const verb of ["settle", "save", "moveRun", "findRuns", "steps", "startRun"] as const) {
      const ran: string[] = [];
      const pipeline = definePipeline({ name: "p" })
        .step("a", () => void ran.push("a"))
        .step("b", {
          read: () => [1, 2, 3],
          write: (items) => void ran.push(...items.map(String)),
          chunkSize: 2,
        })
        .step("c", () => void ran.push("c"));
      const of = scene([pipeline]);
      let calls = 0;
      of.watch.after[verb] = () => {
        calls += 1;
        if (calls % 7 === 1 || calls % 7 === 3) unreachable();
      };
      const starting = of.mr.start(pipeline, {});
      await of.time.advance(5_000);
      const handle = await starting;
      of.mr.worker();
      const view = { row: async () => (await of.store.findRuns({ ids: [handle.id] }, { limit: 1 })).rows[0] };
      const row = await ended(of as never, view as never);
      expect(row.state, verb).toBe("completed");
      expect([...ran].toSorted().join(" "), verb).toBe("1 2 3 a c");
      of.watch.after = {};
      const closing = of.mr.close();
      await of.time.advance(60_000);
      await closing;
    }
  });

  test("of a step this program does not have waits for a worker that has it", async () => {
    const older = definePipeline({ name: "p" }).step("a", () => 1);
    const newer = older.step("b", () => 2);
    const { of, handle, ended: end } = await play(newer, {});
    await end();
    const { rows } = await of.mr.jobs.list({ name: "p/step" });
    expect(rows).toHaveLength(2);
    expect(await statesOf(handle)).toEqual({ a: "completed", b: "completed" });
    const { createMillrace } = await import("../../millrace.ts");
    const other = createMillrace({
      store: of.store,
      jobs: [older],
      timing: of.time,
      onError: () => undefined,
    });
    const handler = other.registry.get("p/step");
    expect(() => handler?.forPayload?.({ step: "b" })).toThrow(
      '"p" has no step "b" in this program; start one that has',
    );
    expect(() => handler?.forPayload?.({ step: "a/part" })).not.toThrow();
    await other.close();
  });
});
