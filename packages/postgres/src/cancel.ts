/** cancel, cancels and cascade on SQL. */
import {
  CASCADE_NOTE,
  type CancelAnswer,
  type CancelSignal,
  type ControlNote,
  cancelledRecord,
  type JobId,
  type LeaseId,
  reasonOf,
  type Token,
} from "@millrace/core";
import { wakeParents } from "./children.ts";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** The port's cancel, within a transaction. */
export async function cancel(
  session: Session,
  ids: readonly JobId[],
  note: ControlNote,
): Promise<readonly CancelAnswer[]> {
  const answers = await cancelAll(session, [...new Set(ids)], cancelledRecord(note));
  return ids.map((id) => answers.get(id) ?? "not-found");
}

interface CancelRow {
  readonly id: string;
  readonly answer: "cancelled" | "cancelling";
  readonly held: boolean;
  readonly parent: string | null;
}

type Answers = ReadonlyMap<string, CancelAnswer>;

async function cancelAll(session: Session, ids: readonly string[], record: string): Promise<Answers> {
  if (ids.length === 0) return new Map();
  const rows = await session.run<CancelRow>("job/cancel", [ids, record]);
  const ended = rows.filter(({ answer }) => answer === "cancelled");
  const forked = ended.filter(({ held }) => held).map(({ id }) => id);
  if (forked.length > 0) await session.run("fork/drop", [forked]);
  await wakeParents(
    session,
    ended.map(({ parent }) => ({ parent, isFailed: true })),
  );
  const answers = new Map<string, CancelAnswer>(rows.map(({ id, answer }) => [id, answer]));
  const missed = ids.filter((id) => !answers.has(id));
  return new Map([...answers, ...(await elsewhere(session, missed, record))]);
}

/** Ids that were not live when looked for; one that is by now was on its way and is cancelled after all. */
async function elsewhere(session: Session, ids: readonly string[], record: string): Promise<Answers> {
  if (ids.length === 0) return new Map();
  const { live, finished } = await standing(session, ids);
  const answers = new Map<string, CancelAnswer>([...finished].map((id) => [id, "already-finished"]));
  return new Map([...answers, ...(await cancelAll(session, [...live], record))]);
}

/** Which of these jobs are live, and which finished and not live again. */
export async function standing(
  session: Session,
  ids: readonly string[],
): Promise<{ readonly live: ReadonlySet<string>; readonly finished: ReadonlySet<string> }> {
  const rows = await session.run<{ id: string; live: boolean }>("job/standing", [ids]);
  const live = new Set(rows.filter((row) => row.live).map(({ id }) => id));
  return { live, finished: new Set(rows.map(({ id }) => id).filter((id) => !live.has(id))) };
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
  await cancelAll(session, ids, cancelledRecord(CASCADE_NOTE));
  await session.run("parent/settle", []);
  const left = await session.run<{ more: boolean }>("parent/left", []);
  return { cancelled: ids.length, more: left[0]?.more === true };
}
