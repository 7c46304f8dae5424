/** How jobs get into their table: the statement every verb shares that brings new ones. */
import type { JobId, NewJob } from "@millrace/core";
import { classCode } from "./codes.ts";
import type { Session } from "./session.ts";

/** A job with the parent that spawns it, if any. */
export interface JobToInsert {
  readonly job: NewJob;
  readonly parent?: JobId | undefined;
}

/** What the rest of the transaction, or what came before, takes off the statement. */
export interface InsertTerms {
  /** `job/unsend` follows and writes the journal row. */
  readonly unsendFollows?: boolean | undefined;
  /** Whether capacities have been seen to; else nothing is inserted where a queue has one. */
  readonly hasRoom?: boolean | undefined;
}

/** The ids that were new; `capped` where nothing was done because a queue has a capacity. */
export type Inserted = ReadonlySet<string> | "capped";

/** Inserts jobs and counts children into their parents' forks. */
export async function insertJobs(
  session: Session,
  jobs: readonly JobToInsert[],
  terms: InsertTerms = {},
): Promise<Inserted> {
  const rows = jobs.map(({ job, parent }, index) => rowOf(job, index, parent));
  const created = await session.run<{ id: string | null; capped: boolean }>("job/enqueue", [
    JSON.stringify(rows),
    terms.unsendFollows === true,
    terms.hasRoom === true,
  ]);
  if (created[0]?.capped === true) return "capped";
  return new Set(created.flatMap(({ id }) => id ?? []));
}

/** Children and coordinators: no capacity is asked, for what their parents have begun must be able to end. */
export async function insertChildren(session: Session, children: readonly JobToInsert[]): Promise<void> {
  await insertJobs(session, children, { hasRoom: true });
}

/** A job as statements read it; `ord` is its place in the call. */
export function rowOf(job: NewJob, ord: number, parent?: JobId): object {
  const { unique, orderingKey } = job;
  return {
    id: job.id,
    queue: job.queue,
    name: job.name,
    tenant: job.tenant,
    class: classCode(job.priority),
    delay: job.delayMs,
    due: job.runAtMs,
    ttl: job.ttlMs,
    expires: job.expiresAtMs,
    rescues: job.maxRescues,
    run: job.run,
    parent,
    ukey: unique?.key,
    brief: unique?.while === "queued" ? true : undefined,
    lane: orderingKey,
    ord,
    env: job.envelope,
  };
}
