/** The three kinds of job a run is made of: its coordinator, a job for each step execution, and one for each chunk. */
import type { JobInfo } from "../job/context.ts";
import { openEnvelope, sealEnvelope } from "../model/envelope.ts";
import { ClassedError } from "../model/errors.ts";
import { newId, type RunId } from "../model/ids.ts";
import type { NewJob, Priority } from "../model/job.ts";
import type { Json } from "../model/json.ts";
import { withoutUndefined } from "../model/options.ts";
import type { NewRun } from "../model/run.ts";
import type { StepWork } from "./pipeline/step-definition.ts";

/** What a coordinator's job carries. */
export interface RunPayload {
  /** Only items that failed are run again, in steps that have failed or are partial. */
  readonly only?: "failed" | undefined;
}

/** What the job of a step execution carries. */
export interface StepPayload {
  /** The step; of a partition, `step/partition`. */
  readonly step: string;
}

/** What a chunk's job carries. */
export interface ChunkPayload extends StepPayload {
  readonly items: readonly Json[];
  /** The items' names in the ledger, of steps that cannot tell them by the items. */
  readonly keys?: readonly string[] | undefined;
  /** Places among the items of those that are no items: what their readers said of them. */
  readonly bad?: readonly number[] | undefined;
  /** Its items have failed before, and run again for that. */
  readonly retry?: true | undefined;
}

/** The run the jobs belong to: what `NewRun` and `RunRow` say alike. */
export type JobOwner = Pick<
  NewRun,
  "id" | "definition" | "tenant" | "queue" | "priority" | "submittedBy" | "correlationId"
>;

/** A coordinator runs no code that could take its worker down for good: its death is hardly held against it. */
const COORDINATOR_RESCUES = 1_000;
/** The same of the job that reads for a chunk step; its reader is the user's, but what it holds is little. */
const READER_RESCUES = 100;

/** The job types of a definition. */
export function jobNames(definition: string): {
  readonly coordinator: string;
  readonly step: string;
  readonly chunk: string;
} {
  return { coordinator: `${definition}/run`, step: `${definition}/step`, chunk: `${definition}/chunk` };
}

/** The job that drives a run. */
export function coordinatorJob(owner: JobOwner, payload: RunPayload): NewJob {
  return job(owner, {
    name: jobNames(owner.definition).coordinator,
    priority: before(owner.priority),
    maxRescues: COORDINATOR_RESCUES,
    payload: withoutUndefined(payload) as Json, // of strings
  });
}

/** The job of one step execution. */
export function stepJob(owner: JobOwner, payload: StepPayload, work: StepWork): NewJob {
  return job(owner, {
    name: jobNames(owner.definition).step,
    priority: before(owner.priority),
    maxRescues: work.kind === "task" ? work.task.maxRescues : READER_RESCUES,
    payload: { ...payload },
  });
}

/** The job of one chunk, whose items JSON can hold. */
export function chunkJob(owner: JobOwner, payload: ChunkPayload, maxRescues: number): NewJob {
  return job(owner, {
    name: jobNames(owner.definition).chunk,
    priority: owner.priority,
    maxRescues,
    payload: withoutUndefined(payload) as unknown as Json, // whose items are
  });
}

/** Run and step jobs go before chunks, so that workers never wait for the reader. */
function before(priority: Priority): Priority {
  return priority === "critical" ? "critical" : "high";
}

function job(
  owner: JobOwner,
  { payload, ...rest }: Pick<NewJob, "name" | "priority" | "maxRescues"> & { readonly payload: Json },
): NewJob {
  const { id: run, queue, tenant, submittedBy, correlationId } = owner;
  return {
    id: newId(),
    queue,
    tenant,
    run,
    delayMs: 0,
    ...rest,
    envelope: sealEnvelope({ payload, ...withoutUndefined({ submittedBy, correlationId }) }),
  };
}

/** The run such a job is of. @throws ClassedError `validation` for a job of that name that no run has made. */
export function runOf({ id, name, run }: Pick<JobInfo, "id" | "name" | "run">): RunId {
  if (run !== undefined) return run;
  const message = `job ${id} is named "${name}" but belongs to no run; such jobs come of starting a run only`;
  throw new ClassedError("validation", "no-run", message);
}

/** What a chunk job carries. */
export function chunkPayload(envelope: string): ChunkPayload {
  return openEnvelope(envelope).payload as unknown as ChunkPayload; // made by chunkJob
}
