/** What tests of whole pipelines share: running one to its end, and how its steps stand then. */
import { Registry } from "../job/registry.ts";
import type { RunRow } from "../model/run.ts";
import type { StepState } from "../model/step.ts";
import { type Scene, scene } from "../testing/scene.fixture.ts";
import { Worker } from "../worker/worker.ts";
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

/** A worker that has only these handlers. */
export function workerOf(of: Scene<readonly []>, names: readonly string[]): Worker {
  const registry = new Registry();
  for (const name of names) {
    const handler = of.mr.registry.get(name);
    if (handler !== undefined) registry.add(handler);
  }
  const worker = new Worker({
    store: of.store,
    registry,
    open: of.mr.open,
    onError: () => undefined,
    timing: of.time,
  });
  worker.start();
  return worker;
}
