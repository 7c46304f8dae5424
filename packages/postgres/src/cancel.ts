/** cancel, cancels and cascade on SQL. */
import {
  type AuditedJob,
  CASCADE_NOTE,
  type CancelAnswer,
  type CancelSignal,
  type ControlNote,
  cancelledRecord,
  type JobId,
  jobEntries,
  type LeaseId,
  reasonOf,
  type Token,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { wakeParents } from "./children.ts";
import { optional } from "./codes.ts";
import { linesOf, lockLines } from "./ordering.ts";
import type { Session } from "./session.ts";

/** The port's cancel, within a transaction. */
export async function cancel(
  session: Session,
  ids: readonly JobId[],
  note: ControlNote,
): Promise<readonly CancelAnswer[]> {
  const { answers, jobs } = await cancelAll(session, {
    ids: [...new Set(ids)],
    record: cancelledRecord(note),
    lines: [],
  });
  await appendAudit(session, jobEntries(note, { type: "job.cancelled", action: "cancel", jobs }));
  return ids.map((id) => answers.get(id) ?? "not-found");
}

interface CancelRow {
  readonly id: string;
  readonly tenant: string;
  readonly answer: "cancelled" | "cancelling";
  readonly held: boolean;
  readonly parent: string | null;
  readonly ordering_key: string | null;
}

interface Cancelling {
  readonly ids: readonly string[];
  readonly record: string;
  /** Ordering keys whose locks are held. */
  readonly lines: readonly string[];
}

/** What was answered, and the jobs that were cancelled or flagged. */
interface Cancelled {
  readonly answers: ReadonlyMap<string, CancelAnswer>;
  readonly jobs: readonly AuditedJob[];
}

async function cancelAll(session: Session, { ids, record, lines }: Cancelling): Promise<Cancelled> {
  if (ids.length === 0) return { answers: new Map(), jobs: [] };
  const rows = await session.run<CancelRow>("job/cancel", [ids, record, lines]);
  const ended = rows.filter(({ answer }) => answer === "cancelled");
  const forked = ended.filter(({ held }) => held).map(({ id }) => id);
  if (forked.length > 0) await session.run("fork/drop", [forked]);
  await wakeParents(
    session,
    ended.map(({ parent }) => ({ parent, isFailed: true })),
    { lines: linesOf(ended) },
  );
  const answers = new Map<string, CancelAnswer>(rows.map(({ id, answer }) => [id, answer]));
  const missed = ids.filter((id) => !answers.has(id));
  const others = await elsewhere(session, missed, record);
  return { answers: new Map([...answers, ...others.answers]), jobs: [...rows, ...others.jobs] };
}

/**
 * Ids that were not live when looked for, or queued behind others. One that is live by now was on its way and is
 * cancelled after all; so is one in line, now that the rows of those in front need no more waiting for: whoever ends them
 * has their rows first and the line's lock then.
 */
async function elsewhere(session: Session, ids: readonly string[], record: string): Promise<Cancelled> {
  if (ids.length === 0) return { answers: new Map(), jobs: [] };
  const { live, finished, lines } = await standing(session, ids);
  const answers = new Map<string, CancelAnswer>([...finished].map((id) => [id, "already-finished"]));
  await lockLines(session, lines);
  const late = await cancelAll(session, { ids: [...live], record, lines });
  return { answers: new Map([...answers, ...late.answers]), jobs: late.jobs };
}

/** Which of these jobs are live, in which lines those of them stand that are behind others, and which have finished. */
export async function standing(session: Session, ids: readonly string[]): Promise<Standing> {
  const rows = await session.run<StandingRow>("job/standing", [ids]);
  const live = new Set(rows.filter((row) => row.live).map(({ id }) => id));
  const finished = new Set(rows.map(({ id }) => id).filter((id) => !live.has(id)));
  return { live, finished, lines: linesOf(rows) };
}

interface StandingRow {
  readonly id: string;
  readonly live: boolean;
  readonly ordering_key: string | null;
}

interface Standing {
  readonly live: ReadonlySet<string>;
  readonly finished: ReadonlySet<string>;
  readonly lines: readonly string[];
}

interface SignalRow {
  readonly job: JobId;
  readonly token: Token;
  readonly record: string;
}

/** The port's cancels. */
export async function cancels(
  session: Session,
  leases: readonly LeaseId[],
): Promise<readonly CancelSignal[]> {
  if (leases.length === 0) return [];
  const rows = await session.run<SignalRow>("job/cancels", [leases]);
  return rows.map(({ job, token, record }) => ({
    job,
    token,
    ...optional("reason", reasonOf(record) ?? null),
  }));
}

/** Whether there is anything for {@link cascade} to do; nearly always not. */
export async function hasCancelledParents(session: Session): Promise<boolean> {
  const rows = await session.run<{ present: boolean }>("parent/waiting", []);
  return rows[0]?.present === true;
}

/** The port's cascade, within a transaction. */
export async function cascade(
  session: Session,
  limit: number,
): Promise<{ readonly cancelled: number; readonly more: boolean }> {
  const orphans = await session.run<{ id: string }>("parent/orphans", [limit]);
  const ids = orphans.map(({ id }) => id);
  await cancelAll(session, { ids, record: cancelledRecord(CASCADE_NOTE), lines: [] });
  await session.run("parent/settle", []);
  const left = await session.run<{ more: boolean }>("parent/left", []);
  return { cancelled: ids.length, more: left[0]?.more === true };
}
