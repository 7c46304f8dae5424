/** Runs that are gone on with by a program whose pipeline is not the one that began them. */
import { describe, expect, test } from "vitest";
import { createMillrace, type Millrace } from "../../millrace.ts";
import { gate, type Scene, scene } from "../../testing/scene.fixture.ts";
import type { Worker } from "../../worker/worker.ts";
import { ended } from "../numbers.fixture.ts";
import { definePipeline } from "../pipeline/define-pipeline.ts";
import type { Pipeline, Startable } from "../pipeline/pipeline.ts";
import type { RunHandle } from "../run/run-handle.ts";

type AnyPipeline = Startable<unknown> & { register(engine: never): void };

/** A program of another version on the store of the scene. */
function program(
  of: Scene<readonly []>,
  pipeline: object,
): { readonly mr: Millrace; readonly worker: Worker } {
  const jobs = [pipeline as never];
  const mr: Millrace = createMillrace({ store: of.store, jobs, timing: of.time, onError: () => undefined });
  return { mr, worker: mr.worker() };
}

/** A run at its step `a`, which has ended while its program was stopped: what follows is for the next to decide. */
async function begun(
  pipeline: object,
  open: () => void,
): Promise<{ readonly of: Scene<readonly []>; readonly handle: RunHandle }> {
  const of = scene([pipeline as never]) as Scene<readonly []>; // nobody names its jobs
  const handle = await of.mr.start(pipeline as AnyPipeline, {});
  const worker = of.mr.worker();
  await of.time.advance(5_000);
  const stopped = worker.stop();
  open();
  await stopped;
  return { of, handle };
}

/** The pipeline of these steps; each says that it ran, and `a` waits for the gate. */
function pipelineOf(names: readonly string[], at: { readonly ran: string[]; readonly held: Promise<void> }) {
  let pipeline: Pipeline<object, never> = definePipeline<object>({ name: "p" }) as never; // steps that need none before
  for (const name of names) {
    const run = async () => {
      at.ran.push(name);
      if (name === "a") await at.held;
      return name;
    };
    pipeline = pipeline.step(name, run) as never; // likewise
  }
  return pipeline;
}

describe("a run goes on behind the step it stands at, by its name", () => {
  test.each([
    ["with one step fewer before it", ["a", "b"]],
    ["with one step more before it", ["zero", "prepare", "a", "b"]],
    ["with another order", ["b", "a", "c"], ["prepare", "a", "c"]],
  ])("in a program %s", async (_, steps, expected = ["prepare", "a", "b"]) => {
    const held = gate();
    const ran: string[] = [];
    const at = { ran, held: held.promise };
    const { of, handle } = await begun(pipelineOf(["prepare", "a", "b"], at), () => held.open());
    const { worker } = program(of, pipelineOf(steps, at));
    expect(await ended(of, handle)).toMatchObject({
      state: "completed",
      result: JSON.stringify(expected.at(-1)),
    });
    expect(ran).toEqual(expected);
    await worker.stop();
  });
});

describe("a run at a step that is not what it was waits for a program that has it as it was", () => {
  const inOne = (held: Promise<void>) => definePipeline({ name: "p" }).step("a", () => held);
  const inParts = (held: Promise<void>) =>
    definePipeline({ name: "p" }).partition("a", { partitions: () => ({ x: 1 }), step: () => held });
  const inNone = () => definePipeline({ name: "p" }).step("b", () => 1);

  test.each([
    {
      where: "partitioned",
      older: inOne,
      newer: inParts,
      says: 'step "a" was begun without partitions: another',
    },
    {
      where: "in one",
      older: inParts,
      newer: inOne,
      says: 'step "a" was begun in partitions: another version',
    },
    { where: "gone", older: inOne, newer: inNone, says: '"p" has no step "a" in this program' },
  ])("where it is $where", async ({ older, newer, says }) => {
    const held = gate();
    const { of, handle } = await begun(older(held.promise), () => held.open());
    const coordinator = async () =>
      (await of.mr.jobs.list({ name: "p/run" })).rows[0] ?? expect.fail("it is there");
    const { id, attempts } = await coordinator();
    const next = program(of, newer(held.promise));
    await of.time.advance(60_000);
    expect((await handle.row()).state).toBe("running");
    expect(await coordinator()).toMatchObject({ state: "scheduled", attempts });
    expect((await of.mr.explain(id))?.reasons).toMatchObject([
      { code: "snoozed", reason: expect.stringContaining(says) },
    ]);
    await next.worker.stop();
    const { worker } = program(of, older(held.promise));
    expect((await ended(of, handle)).state).toBe("completed");
    await worker.stop();
  });
});
