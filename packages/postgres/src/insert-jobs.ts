/** How jobs get into their table: the statement every verb shares that brings new ones. */
import type { JobId, NewJob } from "@millrace/core";
import { classCode } from "./codes.ts";
import { joinTexts } from "./joined-texts.ts";
import type { Session } from "./session.ts";

/** A job with the parent that spawns it, if any. */
export interface JobToInsert {
  readonly job: NewJob;
  readonly parent?: JobId | undefined;
}

/** What the rest of the transaction takes off the statement. */
export interface InsertTerms {
  /** `job/unsend` follows and writes the journal row. */
  readonly unsendFollows?: boolean | undefined;
}

/** Inserts jobs whose queues' capacities have been seen to, and counts children into their parents' forks; gives the ids that were new. */
export async function insertJobs(
  session: Session,
  jobs: readonly JobToInsert[],
  terms: InsertTerms = {},
): Promise<ReadonlySet<string>> {
  return newOf(jobs, await send(session, jobs, { ...terms, hasRoom: true }));
}

/** Like `insertJobs`; `capped`, and nothing done, where a queue has a capacity. */
export async function insertUnlessCapped(
  session: Session,
  jobs: readonly JobToInsert[],
  terms: InsertTerms = {},
): Promise<ReadonlySet<string> | "capped"> {
  const rows = await send(session, jobs, { ...terms, hasRoom: false });
  return rows.some(({ capped }) => capped) ? "capped" : newOf(jobs, rows);
}

function send(
  session: Session,
  jobs: readonly JobToInsert[],
  terms: InsertTerms & { readonly hasRoom: boolean },
): Promise<readonly InsertedRow[]> {
  const { heads, places } = headsOf(jobs);
  return session.run<InsertedRow>("job/enqueue", [
    JSON.stringify(heads),
    jobs.map(({ job }) => job.id),
    places,
    JSON.stringify(jobs.some(({ job }) => job.unique) ? jobs.map(({ job }) => job.unique?.key ?? null) : []),
    joinTexts(jobs.map(({ job }) => job.envelope)),
    terms.unsendFollows === true,
    terms.hasRoom,
  ]);
}

function newOf(jobs: readonly JobToInsert[], rows: readonly InsertedRow[]): ReadonlySet<string> {
  const all = jobs.map(({ job }) => job.id);
  return new Set(rows.flatMap(({ ids }) => (ids === null ? all : (JSON.parse(ids) as string[])))); // by enqueue.sql
}

/** Children and coordinators: no capacity is asked, for what their parents have begun must be able to end. */
export async function insertChildren(session: Session, children: readonly JobToInsert[]): Promise<void> {
  if (children.length > 0) await insertJobs(session, children);
}

/** A job as statements read it that take few; `ord` is its place in the call. */
export function rowOf(job: NewJob, ord: number): object {
  return { ...headOf({ job }), id: job.id, ukey: job.unique?.key, ord, env: job.envelope };
}

interface InsertedRow {
  /** A JSON list; null where all were new. */
  readonly ids: string | null;
  readonly capped: boolean;
}

/** What jobs have in common, once for each run of jobs that share it, and the head of each job. */
function headsOf(jobs: readonly JobToInsert[]): {
  readonly heads: readonly object[];
  readonly places: readonly number[];
} {
  const heads: object[] = [];
  let last: JobToInsert | undefined;
  const places = jobs.map((each) => {
    if (last === undefined || !isAlike(each, last)) heads.push({ ...headOf(each), head: heads.length + 1 });
    last = each;
    return heads.length;
  });
  return { heads, places };
}

function isAlike({ job, parent }: JobToInsert, { job: other, parent: otherParent }: JobToInsert): boolean {
  return (
    parent === otherParent &&
    job.queue === other.queue &&
    job.name === other.name &&
    job.tenant === other.tenant &&
    job.priority === other.priority &&
    job.delayMs === other.delayMs &&
    job.runAtMs === other.runAtMs &&
    job.ttlMs === other.ttlMs &&
    job.expiresAtMs === other.expiresAtMs &&
    job.maxRescues === other.maxRescues &&
    job.run === other.run &&
    job.orderingKey === other.orderingKey &&
    job.unique?.while === other.unique?.while
  );
}

/** All of a job but its id, key and envelope. */
function headOf({ job, parent }: JobToInsert): object {
  const { unique, orderingKey } = job;
  return {
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
    brief: unique?.while === "queued" ? true : undefined,
    lane: orderingKey,
  };
}
