import { describe, expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, statesOf } from "../pipeline.fixture.ts";

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
});
