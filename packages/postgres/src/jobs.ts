/** enqueue and claim on SQL. */
import type {
  Accepted,
  ClaimedJob,
  ClaimOptions,
  ClaimWant,
  JobId,
  NewJob,
  RunId,
  Token,
} from "@millrace/core";
import { PRIORITIES, TARGET_WAITS_MS } from "@millrace/core";
import { type ForkColumns, tallyOf } from "./children.ts";
import { classCode, optional, priorityOf } from "./codes.ts";
import type { Session } from "./session.ts";

/** A job with the parent that spawns it, if any. */
export interface JobToInsert {
  readonly job: NewJob;
  readonly parent?: JobId | undefined;
}

/**
 * Inserts jobs and counts children into their parents' forks; gives the ids that were new. Those of a re-send are
 * journalled by what follows: `job/unsend`.
 */
export async function insertJobs(
  session: Session,
  jobs: readonly JobToInsert[],
  resend = false,
): Promise<ReadonlySet<string>> {
  const rows = jobs.map(({ job, parent }) => ({
    id: job.id,
    queue: job.queue,
    name: job.name,
    tenant: job.tenant,
    class: classCode(job.priority),
    delay: job.delayMs,
    rescues: job.maxRescues,
    run: job.run,
    parent,
    env: job.envelope,
  }));
  const created = await session.run<{ id: string }>("job/enqueue", [JSON.stringify(rows), resend]);
  return new Set(created.map((row) => row.id));
}

/** The port's enqueue within a session; a re-send is checked against history afterwards. */
export async function enqueue(
  session: Session,
  jobs: readonly NewJob[],
  resend: boolean,
): Promise<readonly Accepted[]> {
  const created = new Set(
    await insertJobs(
      session,
      jobs.map((job) => ({ job })),
      resend,
    ),
  );
  if (resend && created.size > 0) {
    const back = await session.run<{ id: string }>("job/unsend", [[...created]]);
    for (const row of back) created.delete(row.id);
  }
  return jobs.map(({ id }) => ({ id, result: created.delete(id) ? "created" : "exists" }));
}

interface ClaimRow extends ForkColumns {
  readonly id: JobId;
  readonly token: Token;
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly class: number;
  readonly attempts: number;
  readonly generation: number;
  readonly parent: JobId | null;
  readonly run: RunId | null;
  readonly env: string;
  readonly checkpoint: string | null;
  readonly waited: string;
}

/** The port's claim. */
export async function claim(
  session: Session,
  wants: readonly ClaimWant[],
  options: ClaimOptions,
): Promise<readonly ClaimedJob[]> {
  if (wants.length === 0) return [];
  const overdue = options.solo === true ? 0 : (options.overdue ?? 0);
  const values = [
    JSON.stringify(
      wants.map((want) => ({
        queue: want.queue,
        max: want.max,
        names: want.names,
        classes: [...(want.priorities ?? PRIORITIES)].map(classCode).sort(),
        one: 1,
      })),
    ),
    options.lease,
    options.worker,
    options.leaseMs,
  ];
  const rows =
    overdue === 0
      ? await session.run<ClaimRow>(options.solo ? "job/claim-solo" : "job/claim", values)
      : await session.run<ClaimRow>("job/claim-overdue", [...values, overdue, targetsOf(options)]);
  return rows.map((row) => ({
    id: row.id,
    token: row.token,
    queue: row.queue,
    name: row.name,
    tenant: row.tenant,
    priority: priorityOf(row.class),
    attempt: row.attempts + 1,
    generation: row.generation,
    waitedMs: Number(row.waited),
    ...optional("parent", row.parent),
    ...optional("run", row.run),
    envelope: row.env,
    ...optional("checkpoint", row.checkpoint),
    ...tallyOf(row),
  }));
}

/** By class code. */
function targetsOf({ targetsMs = TARGET_WAITS_MS }: ClaimOptions): readonly number[] {
  return PRIORITIES.map((priority) => targetsMs[priority]);
}
