/** What rules of `explain` look at. */
import { type Explanation, explain, type JobId, type NewJob, type Reason } from "@millrace/core";
import { LEASE_MS, snoozed } from "./builders.ts";
import type { Scene } from "./scene.ts";
import { newWorker } from "./workers.ts";

export async function explained(scene: Scene, id: JobId): Promise<Explanation> {
  const [facts] = await scene.store.explain([id]);
  if (facts === undefined) throw new Error(`job ${id} is not explained`);
  return explain(facts);
}

export async function codes(scene: Scene, id: JobId): Promise<readonly Reason["code"][]> {
  return (await explained(scene, id)).reasons.map(({ code }) => code);
}

export async function employ(scene: Scene, given: Parameters<typeof newWorker>[0] = {}): Promise<void> {
  await scene.store.registerWorkers([newWorker(given)], { forMs: 10 * LEASE_MS });
}

/** Its lines, with every moment put as how far it is away. */
export async function said(scene: Scene, id: JobId): Promise<readonly string[]> {
  const { reasons } = await explained(scene, id);
  return reasons.map(({ says }) => says.replaceAll(/\d{4}-\S+Z /g, ""));
}

export const LIMIT_KEY = "model:ada";

/** A job that was put off for 30 s, under a limit that is held so long. */
export async function limited(scene: Scene, given: Partial<NewJob> = {}): Promise<JobId> {
  await employ(scene);
  const job = await scene.hold(given);
  await scene.store.hold([{ key: LIMIT_KEY, forMs: 30_000, reason: "429 from the endpoint" }]);
  await scene.settle(job, snoozed(31_000, { limit: LIMIT_KEY, reason: "asked to wait" }));
  return job.id;
}
