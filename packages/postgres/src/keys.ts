/** Unique keys on SQL: who stood in the way of jobs that were not added. */
import type { Accepted, JobId, NewJob } from "@millrace/core";
import { rowOf } from "./insert-jobs.ts";
import type { Session } from "./session.ts";

/** Times a job is sent again because the holder of its key ended between two statements. */
const MOST_TRIES = 3;

interface Sent {
  readonly jobs: readonly NewJob[];
  readonly resend: boolean;
}

/** Has the keys of new jobs stay taken; gives the ids of those that must go: they came too late, or were there before. */
export async function keepKeys(
  session: Session,
  jobs: readonly NewJob[],
  resend: boolean,
): Promise<readonly JobId[]> {
  if (jobs.length === 0) return [];
  const rows = jobs.map(({ id, unique }) => ({ id, ukey: unique?.key, keep: unique?.keepForMs }));
  const kept = await session.run<{ id: JobId }>("key/keep", [JSON.stringify(rows), resend]);
  const mine = new Set<JobId>(kept.map(({ id }) => id));
  return jobs.flatMap(({ id }) => (mine.has(id) ? [] : id));
}

/** Inserts jobs once more; gives those that were new. */
export type InsertAgain = (jobs: readonly NewJob[]) => Promise<ReadonlySet<string>>;

/**
 * Answers, by place in the call, for jobs with a unique key that were not created: those that met its holder. What can
 * be created after all, because the holder is gone by now, is added to `created`.
 */
export async function meetHolders(
  session: Session,
  sent: Sent,
  by: { readonly created: Set<string>; readonly again: InsertAgain },
): Promise<ReadonlyMap<number, Accepted>> {
  const missed = [...sent.jobs.entries()].filter(
    ([, job]) => job.unique !== undefined && !by.created.has(job.id),
  );
  if (missed.length === 0) return new Map();
  const answers = new Map<number, Accepted>();
  let left: readonly Placed[] = missed;
  for (let tries = 1; left.length > 0; tries += 1) {
    const meeting = { left, resend: sent.resend, answers };
    await replaceHolders(session, meeting);
    const freed = await askHolders(session, meeting);
    left = tries < MOST_TRIES ? await sendAgain(freed, by) : [];
    if (tries === MOST_TRIES) for (const [at, { id }] of freed) answers.set(at, { id, result: "duplicate" });
  }
  return answers;
}

type Placed = readonly [index: number, job: NewJob];

/** Jobs to be answered, and the answers so far. */
interface Meeting {
  readonly left: readonly Placed[];
  readonly resend: boolean;
  readonly answers: Map<number, Accepted>;
}

async function replaceHolders(session: Session, { left, resend, answers }: Meeting): Promise<void> {
  const replacing = new Map(left.filter(([, { unique }]) => unique?.onConflict === "replace"));
  if (replacing.size === 0) return;
  const rows = await session.run<{ ord: number; job: JobId }>("key/replace", [
    JSON.stringify([...replacing].map(([index, job]) => rowOf(job, index))),
    resend,
  ]);
  const replaced = new Map(rows.map(({ ord, job }) => [ord, job]));
  for (const [index, { id }] of replacing) {
    const job = replaced.get(index);
    if (job !== undefined) answers.set(index, { id, result: "replaced", job });
  }
}

/** Notes who is known and who met which holder; gives the jobs in whose way nobody stands any more. */
async function askHolders(session: Session, { left, resend, answers }: Meeting): Promise<readonly Placed[]> {
  const open = left.filter(([index]) => !answers.has(index));
  if (open.length === 0) return [];
  const rows = await session.run<{ ord: number; known: boolean; holder: JobId | null }>("key/holders", [
    JSON.stringify(open.map(([ord, { id, unique }]) => ({ ord, id, ukey: unique?.key }))),
    resend,
  ]);
  const known = new Set(rows.flatMap(({ ord, known }) => (known ? ord : [])));
  const holders = new Map(rows.flatMap(({ ord, holder }) => (holder === null ? [] : [[ord, holder]])));
  return open.filter(([index, { id }]) => {
    const holder = holders.get(index);
    if (known.has(index) || holder === id) answers.set(index, { id, result: "exists" });
    else if (holder !== undefined) answers.set(index, { id, result: "duplicate", job: holder });
    else return true;
    return false;
  });
}

/** Tries once more; gives those that met another holder. */
async function sendAgain(
  freed: readonly Placed[],
  { created, again }: { readonly created: Set<string>; readonly again: InsertAgain },
): Promise<readonly Placed[]> {
  if (freed.length === 0) return [];
  const inserted = await again(freed.map(([, job]) => job));
  for (const id of inserted) created.add(id);
  return freed.filter(([, { id }]) => !inserted.has(id));
}
