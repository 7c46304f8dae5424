/** What tests of whole pipelines share: running one to its end, and how its steps stand then. */
import type { RunRow } from "../model/run.ts";
import type { StepState } from "../model/step.ts";
import { type Scene, scene } from "../testing/scene.fixture.ts";
import { ended } from "./numbers.fixture.ts";
import type { Startable } from "./pipeline/pipeline.ts";
import type { RunHandle, RunView } from "./run/run-handle.ts";

/** A scene with a worker of this pipeline, and a run of it. */
export interface Played {
  readonly of: Scene<readonly []>;
  readonly handle: RunHandle;
  /** Once it has ended. */
  ended(): Promise<RunRow>;
}

/** Starts a run and a worker. */
export async function play<Input>(
  pipeline: Startable<Input> & { register(engine: never): void },
  params: NoInfer<Input>,
): Promise<Played> {
  const of = scene([pipeline as never]) as Scene<readonly []>; // nobody names its jobs
  const handle = await of.mr.start(pipeline as Startable<unknown>, params);
  of.mr.worker();
  return { of, handle, ended: () => ended(of, handle) };
}

/** The states of the steps that have begun or were passed over, by name. */
export async function statesOf(view: Pick<RunView, "steps">): Promise<Readonly<Record<string, StepState>>> {
  return Object.fromEntries((await view.steps()).map(({ name, state }) => [name, state]));
}

/** How often each step has begun. */
export async function startsOf(view: Pick<RunView, "steps">): Promise<Readonly<Record<string, number>>> {
  return Object.fromEntries((await view.steps()).map(({ name, starts }) => [name, starts]));
}
