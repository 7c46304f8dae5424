import { describe, expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, startsOf, statesOf } from "../pipeline.fixture.ts";

function refusal(message = "no such shelf") {
  return new ClassedError("not-found", "missing", message);
}

describe("steps", () => {
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

  test.each([
    [1, "once"],
    [2, "2 times"],
  ])("begin no more often than their limit of %i", async (startLimit, times) => {
    let runs = 0;
    const pipeline = definePipeline({ name: "p" }).step(
      "work",
      () => {
        runs += 1;
        throw refusal();
      },
      { startLimit },
    );
    const { handle, ended: end } = await play(pipeline, {});
    for (let start = 1; start <= startLimit; start += 1) {
      expect(JSON.parse((await end()).error ?? "")).toMatchObject({ class: "not-found" });
      await handle.restart();
    }
    const run = await end();
    expect(JSON.parse(run.error ?? "")).toMatchObject({
      ...{ class: "validation", reason: "start-limit", step: "work" },
      message: `step "work" has begun ${times} in this run, which is its startLimit; start a new run`,
    });
    expect(runs).toBe(startLimit);
    expect(await startsOf(handle)).toEqual({ work: startLimit });
  });

  test("that always run have what those before gave, also where they failed before they gave all", async () => {
    const seen: unknown[] = [];
    const pipeline = definePipeline<{ cut: boolean }>({ name: "p" })
      .partition("shop", {
        partitions: ({ input }) => {
          if (!input.cut) throw refusal("no shops");
          return { a: 1, b: 2, c: 3 };
        },
        concurrency: 1,
        startLimit: 1,
        step: async ({ ctx }) => {
          if (ctx.partition.name === "b") await new Promise(() => undefined);
          return ctx.partition.context;
        },
      })
      .step("close", ({ steps }) => void seen.push(steps.shop), { alwaysRun: true });
    await (await play(pipeline, { cut: false })).ended();
    expect(seen).toEqual([{}]);
    const { of, handle, ended: end } = await play(pipeline, { cut: true });
    await of.time.advance(5_000);
    await handle.cancel();
    await of.time.advance(120_000);
    expect(await statesOf(handle)).toMatchObject({ "shop/a": "completed", "shop/b": "cancelled" });
    await handle.restart();
    expect(JSON.parse((await end()).error ?? "")).toMatchObject({ step: "shop", reason: "start-limit" });
    expect(seen.slice(1)).toStrictEqual([{ a: 1, b: undefined }]);
  });

  test("that always run see nothing read of a step whose reader failed at once", async () => {
    const seen: unknown[] = [];
    const pipeline = definePipeline({ name: "p" })
      .step("load", {
        read: (): readonly number[] => {
          throw refusal("no such file");
        },
        write: () => undefined,
      })
      .step("close", ({ steps }) => void seen.push(steps.load), { alwaysRun: true });
    expect((await (await play(pipeline, {})).ended()).state).toBe("failed");
    expect(seen).toMatchObject([{ read: 0, written: 0, failed: 0 }]);
  });
});
