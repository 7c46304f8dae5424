import { expect, test } from "vitest";
import { ClassedError } from "../../model/errors.ts";
import { everyPage } from "../../store/every-page.ts";
import { gate, type Scene, unreachable } from "../../testing/scene.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import { play, startsOf, statesOf } from "../pipeline.fixture.ts";

const MANY = 1_100;
/** Out of the order of their names, and too long for all of them to stand in a checkpoint of that size. */
const NAMES = Array.from({ length: MANY }, (_, n) => `shop ${(n * 611) % MANY} ${"x".repeat(30)}`);
const MAX_CHECKPOINT = 30_000;

test("a step of many partitions runs each once, begun in order, and costs each as much as few", async () => {
  const begun: string[] = [];
  const pipeline = definePipeline({ name: "p" })
    .partition("shop", {
      partitions: () => new Map(NAMES.map((name, at) => [name, at])),
      concurrency: 1,
      step: ({ ctx: { partition } }) => {
        begun.push(partition.name);
        return partition.context;
      },
    })
    .step("results", ({ steps }) => Object.entries(steps.shop));
  const { of, handle, ended } = await play(pipeline, {});
  const run = await ended();
  expect(begun).toEqual(NAMES);
  expect(JSON.parse(run.result ?? "")).toEqual(NAMES.map((name, at) => [name, at]));
  expect(await handle.steps()).toHaveLength(MANY + 2);
  const { settle, steps, findRuns } = of.watch.calls;
  const checkpoints = settle.flatMap(([all]) => all.map(({ checkpoint }) => checkpoint?.length ?? 0));
  expect(Math.max(...checkpoints)).toBeLessThan(MAX_CHECKPOINT);
  const whole = steps.filter(([filter]) => filter.steps === undefined);
  expect(whole.length).toBeLessThan(MANY / 50);
  const looks = findRuns.filter(([{ ids }, { counters }]) => ids !== undefined && counters !== false);
  expect(looks.length).toBeLessThan(MANY / 10); // of whoever waits for the run, from time to time
});

test("partitions are cut once, though the coordinator fails right behind it", async () => {
  let cuts = 0;
  const looks: string[] = [];
  const pipeline = definePipeline({
    name: "p",
    on: {
      beforeStep: () => {
        if (looks.length === 0) of.watch.before.steps = awayOnce(of, looks);
      },
    },
  }).partition("shop", {
    partitions: () => {
      cuts += 1;
      return { [`a${cuts}`]: null, [`b${cuts}`]: null };
    },
    step: () => undefined,
  });
  const { of, handle, ended } = await play(pipeline, {});
  expect((await ended()).state).toBe("completed");
  expect(looks).toEqual(["failed"]);
  expect(cuts).toBe(1);
  expect(await startsOf(handle)).toEqual({ shop: 1, "shop/a1": 1, "shop/b1": 1 });
});

/** The next look at steps fails, and with it the attempt. */
function awayOnce({ watch }: Scene<readonly []>, looks: string[]): () => void {
  return () => {
    watch.before = {};
    looks.push("failed");
    unreachable();
  };
}

test("partitions that wait are shown to nobody, and are still begun by the restart of a cancelled run", async () => {
  const held = gate();
  const ran: string[] = [];
  const pipeline = definePipeline({ name: "p" }).partition("shop", {
    partitions: () => ({ b: null, c: null, a: null }),
    concurrency: 1,
    step: async ({ ctx: { partition, signal } }) => {
      ran.push(partition.name);
      signal.addEventListener("abort", () => held.open(), { once: true });
      await held.promise;
      signal.throwIfAborted();
    },
  });
  const { of, handle, ended } = await play(pipeline, {});
  await of.time.advance(5_000);
  expect(await statesOf(handle)).toEqual({ shop: "running", "shop/b": "running" });
  const rows: string[] = [];
  for await (const page of everyPage(2, (options) => of.store.steps({ run: handle.id }, options)))
    rows.push(...page.map(({ step, state }) => `${step} ${state}`));
  expect(rows).toEqual(["shop running", "shop/a pending", "shop/b running", "shop/c pending"]);
  await handle.cancel();
  expect((await ended()).state).toBe("cancelled");
  expect(await statesOf(handle)).toEqual({ shop: "cancelled", "shop/b": "cancelled" });
  await handle.restart();
  expect((await ended()).state).toBe("completed");
  expect(ran).toEqual(["b", "b", "c", "a"]);
  expect(await startsOf(handle)).toEqual({ shop: 2, "shop/a": 1, "shop/b": 2, "shop/c": 1 });
});

test("a partitioner that failed is asked again by the restart, and no more once it has answered", async () => {
  let asked = 0;
  let isMended = false;
  const pipeline = definePipeline({ name: "p" }).partition("shop", {
    partitions: () => {
      asked += 1;
      if (asked === 1) throw new ClassedError("validation", "no-shops", "there are none yet");
      return { a: asked, b: asked };
    },
    step: ({ ctx: { partition } }) => {
      if (partition.name === "b" && !isMended) throw new ClassedError("validation", "closed", "b is closed");
      return partition.context;
    },
  });
  const { handle, ended } = await play(pipeline, {});
  expect(JSON.parse((await ended()).error ?? "")).toMatchObject({ reason: "no-shops" });
  await handle.restart();
  expect(JSON.parse((await ended()).error ?? "")).toMatchObject({ reason: "closed" });
  isMended = true;
  await handle.restart();
  expect((await ended()).state).toBe("completed");
  expect(asked).toBe(2);
  expect(await startsOf(handle)).toEqual({ shop: 2, "shop/a": 1, "shop/b": 2 });
});

test("a partitioned step that always runs does so whole in a restart, one that has completed does not", async () => {
  let isMended = false;
  const partitions = () => ({ a: null, b: null });
  const pipeline = definePipeline({ name: "p" })
    .partition("once", { partitions, step: () => 1 })
    .partition("always", { partitions, step: () => 1, alwaysRun: true })
    .step("last", () => {
      if (!isMended) throw new ClassedError("validation", "closed", "not yet");
    });
  const { handle, ended } = await play(pipeline, {});
  expect((await ended()).state).toBe("failed");
  isMended = true;
  await handle.restart();
  expect((await ended()).state).toBe("completed");
  expect(await startsOf(handle)).toEqual({
    ...{ once: 1, "once/a": 1, "once/b": 1 },
    ...{ always: 2, "always/a": 2, "always/b": 2, last: 2 },
  });
});
