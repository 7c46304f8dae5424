/** Gets a run into the store, whatever becomes of the first answers. */
import { checkPriority } from "../../client/define-job.ts";
import { queueFull } from "../../client/enqueued.ts";
import { sendingAgain } from "../../client/sending-again.ts";
import { currentJob, tenantFor } from "../../job/current.ts";
import type { Engine } from "../../job/engine.ts";
import { newId, type RunId } from "../../model/ids.ts";
import type { NewJob, Priority } from "../../model/job.ts";
import { badOption, refuseUnknownKeys, withoutUndefined } from "../../model/options.ts";
import type { NewRun, RunStart, StartedRun } from "../../model/run.ts";
import { definitionOf } from "../pipeline/build-pipeline.ts";
import type { Startable } from "../pipeline/pipeline.ts";
import type { PipelineDefinition } from "../pipeline/pipeline-definition.ts";
import { coordinatorJob } from "../run-jobs.ts";
import { keptParams } from "./params.ts";

/** Options of starting a run. */
export interface StartOptions {
  /** Whose run it is; inside a handler that of its job where left out, else the default tenant's, which is `""`. */
  readonly tenant?: string | undefined;
  /** Shown wherever the run and its jobs are, never trusted for rights. That of the job inside a handler. */
  readonly submittedBy?: string | undefined;
  /** Starts a new run of an instance that has completed, even where its definition does not `rerun`. */
  readonly force?: boolean | undefined;
  readonly correlationId?: string | undefined;
  /** The class of its chunks; the definition's where left out. */
  readonly priority?: Priority | undefined;
}

const KEYS: readonly (keyof StartOptions)[] = ["tenant", "submittedBy", "force", "correlationId", "priority"];

/**
 * The run that `start` asks for.
 * @throws MillraceError `bad-input` with the issues, `not-serialisable`, `too-large`, `bad-config`.
 */
export async function newRun(
  definition: Pick<
    PipelineDefinition,
    "name" | "schema" | "identity" | "queue" | "priority" | "rerun" | "version"
  >,
  given: unknown,
  options: StartOptions = {},
): Promise<NewRun> {
  refuseUnknownKeys("start", options, KEYS);
  const { force = false } = options;
  if (typeof force !== "boolean") throw badOption("start.force", force, "true or false");
  const job = currentJob();
  const { submittedBy = job?.submittedBy, correlationId = job?.correlationId } = options;
  const kept = await keptParams(definition, given);
  return {
    id: newId<RunId>(),
    definition: definition.name,
    ...kept,
    rerun: definition.rerun,
    tenant: tenantFor("start.tenant", options.tenant),
    queue: definition.queue,
    priority: checkPriority("start.priority", options.priority ?? definition.priority),
    ...withoutUndefined({ version: definition.version, submittedBy, correlationId }),
    ...(force && { force }),
  };
}

/**
 * The run that `start` asks for and its first job, for those who hold a store without a client: what the store's
 * `startRun` takes. @throws as `start`.
 */
export async function runOf<Input>(
  pipeline: Startable<Input>,
  params: NoInfer<Input>,
  options?: StartOptions,
): Promise<{ readonly run: NewRun; readonly coordinator: NewJob }> {
  const run = await newRun(definitionOf(pipeline), params, options);
  return { run, coordinator: coordinatorJob(run, {}) };
}

/** The run that a start came to. @throws MillraceError `queue-full` */
export function startedRun(start: RunStart, coordinator: NewJob): StartedRun {
  if (start.result === "queue-full") throw queueFull(coordinator);
  return start;
}

/**
 * Opens the run. After trouble the call is sent again under the same ids, so there is never a second run.
 * @throws MillraceError `queue-full`; what the store throws in the end.
 */
export async function startRun({ store, timing, open, nudge }: Engine, run: NewRun): Promise<StartedRun> {
  await open();
  const coordinator = coordinatorJob(run, {});
  const start = await sendingAgain(timing, () => store.startRun(run, coordinator));
  const answer = startedRun(start, coordinator);
  nudge();
  // A run found under our own id was opened by a call whose answer was lost.
  return answer.run === run.id ? { ...answer, result: "started" } : answer;
}
