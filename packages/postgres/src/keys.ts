/** Unique keys on SQL: who stood in the way of jobs that were not added. */
import type { Accepted, JobId, NewJob } from "@millrace/core";
import { insertJobs, rowOf } from "./insert-jobs.ts";
import type { Session } from "./session.ts";

/** Times a job is sent again because the holder of its key ended between two statements. */
const MOST_TRIES = 3;

interface Sent {
  readonly jobs: readonly NewJob[];
  readonly resend: boolean;
}

/** Has the keys of new jobs stay taken; gives the ids of those that came too late for theirs. */
export async function keepKeys(session: Session, jobs: readonly NewJob[]): Promise<readonly JobId[]> {
  const rows = jobs.map(({ id, unique }) => ({ id, ukey: unique?.key, keep: unique?.keepForMs }));
  if (rows.every(({ keep }) => keep === undefined)) return [];
  const wanted = rows.filter(({ keep }) => keep !== undefined);
  const kept = await session.run<{ id: JobId }>("key/keep", [JSON.stringify(wanted)]);
  const mine = new Set<JobId>(kept.map(({ id }) => id));
  return wanted.flatMap(({ id }) => (mine.has(id) ? [] : id));
}

/**
 * Answers, by place in the call, for jobs with a unique key that were not created: those that met its holder. What can
 * be created after all, because the holder is gone by now, is added to `created`.
 */
export async function meetHolders(
  session: Session,
  sent: Sent,
  created: Set<string>,
): Promise<ReadonlyMap<number, Accepted>> {
  const missed = [...sent.jobs.entries()].filter(
    ([, job]) => job.unique !== undefined && !created.has(job.id),
  );
  if (missed.length === 0) return new Map();
  const answers = await replaceHolders(session, missed, sent.resend);
  let left: readonly Placed[] = missed.filter(([index]) => !answers.has(index));
  for (let tries = 1; left.length > 0; tries += 1) {
    const freed = await askHolders(session, { left, resend: sent.resend, answers });
    if (freed.length === 0) break;
    left = tries < MOST_TRIES ? await sendAgain(session, freed, created) : [];
    if (tries === MOST_TRIES)
      for (const [index, { id }] of freed) answers.set(index, { id, result: "duplicate" });
  }
  return answers;
}

type Placed = readonly [index: number, job: NewJob];

async function replaceHolders(
  session: Session,
  missed: readonly Placed[],
  resend: boolean,
): Promise<Map<number, Accepted>> {
  const replacing = missed.filter(([, { unique }]) => unique?.onConflict === "replace");
  if (replacing.length === 0) return new Map();
  const rows = await session.run<{ ord: number; job: JobId }>("key/replace", [
    JSON.stringify(replacing.map(([index, job]) => rowOf(job, index))),
    resend,
  ]);
  const holders = new Map(rows.map(({ ord, job }) => [ord, job]));
  return new Map(
    replacing.flatMap(([index, { id }]): [number, Accepted][] => {
      const job = holders.get(index);
      return job === undefined ? [] : [[index, { id, result: "replaced", job }]];
    }),
  );
}

/** Notes who is known and who met which holder; gives the jobs in whose way nobody stands any more. */
async function askHolders(
  session: Session,
  ask: { left: readonly Placed[]; resend: boolean; answers: Map<number, Accepted> },
): Promise<readonly Placed[]> {
  const rows = await session.run<{ ord: number; known: boolean; holder: JobId | null }>("key/holders", [
    JSON.stringify(ask.left.map(([ord, { id, unique }]) => ({ ord, id, ukey: unique?.key }))),
    ask.resend,
  ]);
  const found = new Map(rows.map((row) => [row.ord, row]));
  return ask.left.filter(([index, { id }]) => {
    const { known = false, holder = null } = found.get(index) ?? {};
    if (known || holder === id) ask.answers.set(index, { id, result: "exists" });
    else if (holder !== null) ask.answers.set(index, { id, result: "duplicate", job: holder });
    else return true;
    return false;
  });
}

/** Tries once more; gives those that met another holder. */
async function sendAgain(
  session: Session,
  freed: readonly Placed[],
  created: Set<string>,
): Promise<readonly Placed[]> {
  const inserted = await insertJobs(
    session,
    freed.map(([, job]) => ({ job })),
    { hasRoom: true },
  );
  if (inserted === "capped") return freed;
  for (const id of inserted) created.add(id);
  return freed.filter(([, { id }]) => !inserted.has(id));
}
