/** What rules of runs share: a run that was started, moved, and the claim of its coordinator. */
import type { ClaimedJob, JobId, NewRun, RunId, RunStart, RunState } from "@millrace/core";
import { expect } from "vitest";
import { newJob, newRun } from "./builders.ts";
import type { Scene } from "./scene.ts";

/** What came of a start, and the ids it was asked with. */
type Started = Exclude<RunStart, { readonly result: "queue-full" }> & {
  readonly asked: RunId;
  readonly coordinator: JobId;
};

/** Starts a run with a coordinator of its own. */
export async function start(scene: Scene, given: Partial<NewRun> = {}): Promise<Started> {
  const run = newRun(given);
  const coordinator = newJob({ name: "coordinator", run: run.id });
  const started = await scene.store.startRun(run, coordinator);
  if (started.result === "queue-full") throw new Error("the rule left the queue without room");
  return { ...started, asked: run.id, coordinator: coordinator.id };
}

/** Moves it to a state. */
export async function move(scene: Scene, run: RunId, to: RunState): Promise<void> {
  const from: RunState[] = ["starting", "running", "paused", "cancelling"];
  expect(await scene.store.moveRun({ run, from, to })).toBe("applied");
}

/** The claim of the only job there is, its coordinator. */
export async function claimCoordinator(scene: Scene): Promise<ClaimedJob> {
  return scene.claimOne({ names: ["coordinator"] });
}
