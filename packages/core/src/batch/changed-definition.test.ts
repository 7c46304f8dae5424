import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { createMillrace, type Definition, type Millrace } from "../millrace.ts";
import { ClassedError } from "../model/errors.ts";
import { isFinishedRun } from "../model/run.ts";
import { gate, type Scene, scene } from "../testing/scene.fixture.ts";
import { ended } from "./numbers.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";
import { statesOf } from "./pipeline.fixture.ts";

type AnyScene = Scene<readonly []>;

/** A program of another release on the same store. */
function program(of: AnyScene, pipeline: Definition): Millrace<readonly Definition[]> {
  return createMillrace({ store: of.store, jobs: [pipeline], timing: of.time, onError: () => undefined });
}

function stage(pipeline: Definition): AnyScene {
  return scene([pipeline]) as unknown as AnyScene; // nobody names its jobs
}

describe("the version of a definition", () => {
  test("is kept with the run as it starts, and with each step as it begins", async () => {
    const named = (version?: string, fails = true) =>
      definePipeline({ name: "p", version })
        .step("a", () => 1)
        .step("b", () => {
          if (fails) throw new ClassedError("permission", "locked", "b is locked");
        });
    const of = stage(named("1"));
    const handle = await of.mr.start(named("1"));
    const first = of.mr.worker();
    expect(await ended(of, handle)).toMatchObject({ state: "failed", version: "1" });
    await first.stop();
    const next = program(of, named("2", false));
    next.worker();
    await next.run(handle.id).restart();
    expect(await ended(of, handle)).toMatchObject({ state: "completed", version: "1", restarts: 1 });
    expect(await handle.steps()).toMatchObject([
      { name: "a", state: "completed", version: "1" },
      { name: "b", state: "completed", version: "2", starts: 2 },
    ]);
  });

  test("is nowhere where the definition names none", async () => {
    const pipeline = definePipeline({ name: "p" }).step("a", () => 1);
    const of = stage(pipeline);
    const handle = await of.mr.start(pipeline);
    of.mr.worker();
    expect((await ended(of, handle)).version).toBeUndefined();
    expect((await handle.steps())[0]).not.toHaveProperty("version");
  });

  test("is that of the definition that set a schedule, in the runs it starts", async () => {
    const pipeline = definePipeline({ name: "p", version: "7", rerun: true }).step("a", () => 1);
    const of = stage(pipeline);
    await of.mr.schedule("s", { run: pipeline, input: {}, every: "1m" });
    of.mr.worker();
    await of.time.advance(65_000);
    expect((await of.mr.runs.list()).rows).toMatchObject([{ state: "completed", version: "7" }]);
  });
});

describe("a restart by a changed definition", () => {
  const base = definePipeline({ name: "p", version: "1" });
  const failing = base
    .step("load", () => 1)
    .partition("parts", { partitions: () => ({ x: 1 }), step: () => 2 })
    .step("check", () => {
      throw new ClassedError("permission", "locked", "may not check");
    });

  async function failed(): Promise<{
    readonly of: AnyScene;
    readonly handle: Awaited<ReturnType<AnyScene["mr"]["start"]>>;
  }> {
    const of = stage(failing);
    const handle = await of.mr.start(failing);
    const worker = of.mr.worker();
    expect((await ended(of, handle)).state).toBe("failed");
    await worker.stop();
    return { of, handle };
  }

  test.each(["load", "parts"])("that has no step %s, which has begun, fails and says so", async (missing) => {
    const { of, handle } = await failed();
    const renamed = definePipeline({ name: "p", version: "2" })
      .step(missing === "load" ? "fetch" : "load", () => 1)
      .step(missing === "load" ? "parts" : "pieces", () => 2)
      .step("check", () => 3)
      .step("clean", () => 4, { alwaysRun: true });
    const newer = program(of, renamed);
    const worker = newer.worker();
    await newer.run(handle.id).restart();
    const row = await ended(of, handle);
    expect(row).toMatchObject({ state: "failed", version: "1", restarts: 1 });
    expect(JSON.parse(row.error ?? "")).toEqual({
      ...{ class: "validation", reason: "definition-changed", step: missing },
      message:
        `step "${missing}" has begun in this run, which was started by version "1", and "p" has no such step by ` +
        'version "2"; restart it with a program that has, or start a new run',
    });
    expect(Object.keys(await statesOf(handle)).toSorted()).toEqual(["check", "load", "parts", "parts/x"]);
    await worker.stop();
    of.mr.worker();
    await handle.restart();
    expect(JSON.parse((await ended(of, handle)).error ?? "")).toMatchObject({ message: "may not check" });
  });

  test("says nothing of versions where there are none", async () => {
    const failing = definePipeline({ name: "p" }).step("load", () => {
      throw new ClassedError("permission", "locked", "may not load");
    });
    const of = stage(failing);
    const handle = await of.mr.start(failing);
    const worker = of.mr.worker();
    await ended(of, handle);
    await worker.stop();
    const newer = program(
      of,
      definePipeline({ name: "p" }).step("fetch", () => 1),
    );
    newer.worker();
    await newer.run(handle.id).restart();
    expect(JSON.parse((await ended(of, handle)).error ?? "")).toMatchObject({
      message: expect.stringContaining(
        'step "load" has begun in this run, which was started, and "p" has no such step;',
      ),
    });
  });

  test("that lacks only steps that have not begun goes on by it", async () => {
    const { of, handle } = await failed();
    const newer = program(
      of,
      base
        .step("load", () => 10)
        .step("extra", () => 20)
        .step("parts", () => 30)
        .step("check", () => 40)
        .step("report", ({ steps }) => steps),
    );
    newer.worker();
    await newer.run(handle.id).restart();
    const row = await ended(of, handle);
    expect(row.state).toBe("completed");
    expect(JSON.parse(row.result ?? "")).toMatchObject({ load: 1, extra: 20, check: 40 });
  });
});

describe("parameters that a changed schema refuses", () => {
  const schemaOf = (most: number): StandardSchemaV1<{ count: number }> => ({
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        const params = value as { count: number }; // the tests give no other
        return params.count > most
          ? { issues: [{ message: "too many", path: ["count"] }] }
          : { value: params };
      },
    },
  });
  const named = (most: number, failing: boolean) =>
    definePipeline({ name: "p", input: schemaOf(most) })
      .step("a", async () => {
        if (failing) throw new ClassedError("permission", "locked", "may not");
      })
      .step("clean", () => 1, { alwaysRun: true });

  test("fail the restart at once, which says so; one by a schema that takes them goes on", async () => {
    const older = named(10, true);
    const of = stage(older);
    const handle = await of.mr.start(older, { count: 5 });
    const first = of.mr.worker();
    expect((await ended(of, handle)).state).toBe("failed");
    await first.stop();
    const newer = program(of, named(3, false));
    const worker = newer.worker();
    await newer.run(handle.id).restart();
    await of.time.advance(1_000);
    const row = await handle.row();
    expect(row).toMatchObject({ state: "failed", restarts: 1 });
    expect(JSON.parse(row.error ?? "")).toEqual({
      ...{ class: "validation", reason: "bad-params" },
      message:
        'parameters of "p": count: too many; this program\'s schema refuses what the run was started with: have one go on ' +
        "with it that takes them, or start a new run",
    });
    await worker.stop();
    const mended = program(of, named(10, false));
    mended.worker();
    await mended.run(handle.id).restart();
    expect((await ended(of, handle)).state).toBe("completed");
  });
});

describe("a run under way whose definition changes", () => {
  const order: string[] = [];
  const note = (step: string) => () => void order.push(step);

  /** A run whose step "b" is under way in a program that begins nothing more. */
  async function underWay() {
    order.length = 0;
    const reached = gate();
    const going = gate();
    const older = definePipeline({ name: "p" })
      .step("a", note("a"))
      .step("b", async () => {
        reached.open();
        await going.promise;
        order.push("b");
      })
      .step("c", note("c"));
    const of = stage(older);
    const handle = await of.mr.start(older);
    const worker = of.mr.worker();
    await reached.promise;
    const stopping = worker.stop();
    return {
      of,
      handle,
      older,
      /** Lets "b" end. */
      endB: async () => {
        going.open();
        await stopping;
      },
    };
  }

  test("goes on behind the step under way, wherever that now stands", async () => {
    const { of, handle, endB } = await underWay();
    await endB();
    program(
      of,
      definePipeline({ name: "p" }).step("b", note("b")).step("c", note("c")).step("d", note("d")),
    ).worker();
    expect((await ended(of, handle)).state).toBe("completed");
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  test("is left by workers that do not have the step to one that does, and explains that", async () => {
    const { of, handle, endB, older } = await underWay();
    await endB();
    const newer = program(of, definePipeline({ name: "p" }).step("a", note("a")).step("c", note("c")));
    const worker = newer.worker();
    await of.time.advance(60_000);
    const row = await handle.row();
    expect(isFinishedRun(row.state)).toBe(false);
    const reasons = (await newer.explain(row.coordinator))?.reasons;
    expect(reasons).toMatchObject([
      { code: "snoozed", reason: '"p" has no step "b" in this program; start one that has' },
    ]);
    await worker.stop();
    const coordinator = (await newer.jobs.get(row.coordinator)) ?? expect.fail("it is live");
    expect(coordinator.attempts).toBeLessThan(3);
    program(of, older).worker();
    expect((await ended(of, handle)).state).toBe("completed");
    expect(order).toEqual(["a", "b", "c"]);
  });

  test("has a step's job burn no attempt where workers do not have the step", async () => {
    let tries = 0;
    const older = definePipeline({ name: "p" }).step(
      "a",
      () => {
        tries += 1;
        if (tries < 3) throw new Error("not yet");
      },
      { retry: { maxAttempts: 3, initial: "10s", multiplier: 1, max: "10s", jitter: "none" } },
    );
    const of = stage(older);
    const handle = await of.mr.start(older);
    const first = of.mr.worker();
    await of.time.advance(2_000);
    await first.stop();
    expect(tries).toBe(1);
    const newer = program(
      of,
      definePipeline({ name: "p" }).step("other", () => 1),
    );
    const worker = newer.worker();
    await of.time.advance(120_000);
    await worker.stop();
    program(of, older).worker();
    expect((await ended(of, handle)).state).toBe("completed");
    expect(tries).toBe(3);
  });
});
