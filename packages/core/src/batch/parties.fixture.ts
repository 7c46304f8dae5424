/** Several programs on one scene's store, each with its own version of a batch and a share of the work. */
import { Registry } from "../job/registry.ts";
import { createMillrace, type Definition, type Millrace } from "../millrace.ts";
import type { RunId } from "../model/ids.ts";
import type { JobRow, JobState } from "../model/job.ts";
import type { Scene } from "../testing/scene.fixture.ts";
import { Worker } from "../worker/worker.ts";

/** What all scenes have, whoever's jobs they name. */
export type AnyScene = Pick<Scene<readonly []>, "time" | "store" | "mr">;

/** Another program on the same store, which shares nothing else. */
export function program(of: AnyScene, jobs: readonly Definition[], memoryLimit?: number): Millrace {
  return createMillrace({
    ...{ store: of.store, timing: of.time, jobs, onError: () => undefined },
    worker: { memoryLimit },
  }) as unknown as Millrace; // nobody names its jobs
}

/** A worker of a program that works on jobs of these names only, one at a time. */
export function workerOf(
  { time, store, mr }: AnyScene,
  names: readonly string[],
  registryOf: Pick<Millrace, "registry"> = mr,
): Worker {
  const registry = new Registry();
  for (const name of names) {
    const handler = registryOf.registry.get(name);
    if (handler !== undefined) registry.add(handler);
  }
  const ports = { store, registry, open: mr.open, onError: () => undefined, timing: time };
  const worker = new Worker(ports, { concurrency: 1, grace: "1s" });
  worker.start();
  return worker;
}

/** The run's jobs of this name, oldest first. */
export async function jobsOf({ store }: AnyScene, run: RunId, name: string): Promise<readonly JobRow[]> {
  const { rows } = await store.find({ run, name }, { limit: 1_000 });
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** How many of the run's jobs of this name are in each state. */
export async function statesOfJobs(
  of: AnyScene,
  run: RunId,
  name: string,
): Promise<Partial<Record<JobState, number>>> {
  const counts: Partial<Record<JobState, number>> = {};
  for (const { state } of await jobsOf(of, run, name)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
