/** retry, delete and cleanUp on SQL. */
import {
  type AuditedJob,
  type CleanUpOptions,
  type ControlNote,
  cleanUpEntries,
  type DeleteAnswer,
  type JobId,
  jobEntries,
  type RetryAnswer,
  replayedRecord,
  type TerminalState,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { standing } from "./cancel.ts";
import type { Session } from "./session.ts";

/** The port's retry, within a transaction that no other retry shares its time with. */
export async function retry(
  session: Session,
  ids: readonly JobId[],
  note: ControlNote,
): Promise<readonly RetryAnswer[]> {
  return retryAs(session, ids, { note });
}

/** Why jobs are retried, and the envelopes that some of them get with that, by id. */
export interface RetryTerms {
  readonly note: ControlNote;
  readonly envelopes?: Readonly<Record<string, string>>;
}

/** The same, where some finished jobs get another envelope with that. */
export async function retryAs(
  session: Session,
  ids: readonly JobId[],
  { note, envelopes = {} }: RetryTerms,
): Promise<readonly RetryAnswer[]> {
  const making = { record: replayedRecord(note), envelopes: JSON.stringify(envelopes) };
  const { answers, jobs } = await retryAll(session, [...new Set<string>(ids)], making);
  await appendAudit(session, jobEntries(note, { type: "job.retried", action: "retry", jobs }));
  return ids.map((id) => answers.get(id) ?? "not-found");
}

/** What was answered, and the jobs that run again or sooner. */
interface Retried {
  readonly answers: ReadonlyMap<string, RetryAnswer>;
  readonly jobs: readonly AuditedJob[];
}

interface Making {
  readonly record: string;
  /** JSON of {@link RetryTerms}`.envelopes`. */
  readonly envelopes: string;
}

async function retryAll(session: Session, ids: readonly string[], making: Making): Promise<Retried> {
  if (ids.length === 0) return { answers: new Map(), jobs: [] };
  const hastened = await session.run<AuditedJob>("job/hasten", [ids]);
  const replayed = await session.run<ReplayedRow>("history/replay", [ids, making.record, making.envelopes]);
  if (replayed.length > 0) await rejoin(session, replayed);
  const answers = new Map<string, RetryAnswer>([
    ...replayed.map(({ id }) => [id, "replayed"] as const),
    ...hastened.map(({ id }) => [id, "made-ready"] as const),
  ]);
  const missed = ids.filter((id) => !answers.has(id));
  const others = await elsewhere(session, missed, making);
  return {
    answers: new Map([...answers, ...others.answers]),
    jobs: [...hastened, ...replayed, ...others.jobs],
  };
}

interface ReplayedRow extends AuditedJob {
  readonly parent: string | null;
  readonly completed: boolean;
}

/** Families as they are now: whom a replayed job waits for, and who waits for it. */
async function rejoin(session: Session, replayed: readonly ReplayedRow[]): Promise<void> {
  const ids = replayed.map(({ id }) => id);
  await session.run("parent/forget", [ids]);
  const joined = joinedTo(replayed.filter(({ parent }) => parent !== null && !ids.includes(parent)));
  if (joined.length > 0) await session.run("fork/rejoin", [JSON.stringify(joined)]);
  await session.run("fork/drop", [ids]); // of an earlier generation
  await session.run("fork/recount", [ids]);
}

/** How many children each parent gets back, and how many of them it has counted as completed. */
function joinedTo(replayed: readonly ReplayedRow[]): readonly object[] {
  const families = new Map<string | null, { children: number; completed: number }>();
  for (const { parent, completed } of replayed) {
    const family = families.get(parent) ?? { children: 0, completed: 0 };
    family.children += 1;
    if (completed) family.completed += 1;
    families.set(parent, family);
  }
  return [...families].map(([parent, family]) => ({ parent, ...family }));
}

/** Ids that were neither live and early nor finished; one that has finished by now was on its way. */
async function elsewhere(session: Session, ids: readonly string[], making: Making): Promise<Retried> {
  if (ids.length === 0) return { answers: new Map(), jobs: [] };
  const { live, finished } = await standing(session, ids);
  const answers = new Map<string, RetryAnswer>([...live].map((id) => [id, "still-live"]));
  const late = await retryAll(session, [...finished], making);
  return { answers: new Map([...answers, ...late.answers]), jobs: late.jobs };
}

/** The port's delete, within a transaction. */
export async function deleteJobs(
  session: Session,
  ids: readonly JobId[],
  note: ControlNote,
): Promise<readonly DeleteAnswer[]> {
  if (ids.length === 0) return [];
  const jobs = await session.run<AuditedJob>("history/delete", [ids]);
  const deleted = new Set<string>(jobs.map(({ id }) => id));
  await appendAudit(session, jobEntries(note, { type: "job.deleted", action: "delete", jobs }));
  if (deleted.size > 0) await session.run("log/delete", [[...deleted]]);
  const missed = ids.filter((id) => !deleted.has(id));
  const { live } = missed.length === 0 ? { live: new Set<string>() } : await standing(session, missed);
  return ids.map((id) => {
    if (deleted.has(id)) return "deleted";
    return live.has(id) ? "still-live" : "not-found";
  });
}

/** States of `finished`, as its column holds them. */
const STATE_CODES: Readonly<Record<Exclude<TerminalState, "dead">, number>> = {
  completed: 4,
  cancelled: 6,
  expired: 7,
};

/** The port's cleanUp, within a transaction; `lock` is taken only by clean-ups in the background. */
export async function cleanUp(
  session: Session,
  options: CleanUpOptions,
  lock: string,
): Promise<{ readonly removed: number; readonly more: boolean }> {
  const codes = [...new Set(options.states)].flatMap((state) =>
    state === "dead" ? [] : [STATE_CODES[state]],
  );
  const which = [options.olderThanMs, codes, options.states.includes("dead")];
  const rows = await session.run<AuditedJob>("history/clean-up", [
    ...which,
    options.limit,
    options.background === true ? lock : null,
  ]);
  const removed = rows.length;
  await appendAudit(session, cleanUpEntries(options, rows));
  if (removed > 0) await session.run("log/delete", [rows.map(({ id }) => id)]);
  if (removed < options.limit) return { removed, more: false };
  const left = await session.run<{ more: boolean }>("history/older", which);
  return { removed, more: left[0]?.more === true };
}
