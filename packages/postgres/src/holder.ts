/** save and settle on SQL: holders' writes, fenced by token, each whole or not at all. */
import type { ChildPolicy, HolderAnswer, HolderWrite, Outcome, Settlement } from "@millrace/core";
import { policyColumns, wakeParents } from "./children.ts";
import { complete, end, isLast, isOrdinary, type Ordinary } from "./end.ts";
import { insertChildren } from "./insert-jobs.ts";
import { saveItems } from "./items.ts";
import { saveLogs } from "./logs.ts";
import type { Session } from "./session.ts";
import { markSteps } from "./steps.ts";

/** The port's save, within a transaction. */
export async function save(
  session: Session,
  writes: readonly HolderWrite[],
): Promise<readonly HolderAnswer[]> {
  if (writes.length === 0) return [];
  const held = await fence(session, writes, true);
  await attach(
    session,
    writes.filter((write) => held.has(write.id)),
  );
  return answer(session, writes, answersOf([...held], new Set()));
}

/** Whether a settlement only completes its job: one statement can do that where nobody waits for the job. */
export function isLone(settlement: Settlement): settlement is Ordinary {
  return isOrdinary(settlement) && !carries(settlement);
}

/**
 * The port's settle, within a transaction: what the last writes carry, then attempts whose jobs go on, then those
 * whose jobs end, then the parents of the ended ones and those that have just begun to wait. In that order, because a batch may hold a parent and its child.
 */
export async function settle(
  session: Session,
  settlements: readonly Settlement[],
): Promise<readonly HolderAnswer[]> {
  const carrying = settlements.filter(carries);
  if (carrying.length > 0) {
    const held = await fence(session, carrying, false);
    await attach(
      session,
      carrying.filter((write) => held.has(write.id)),
    );
  }
  const parked = await suspend(session, settlements.filter(hasPolicy));
  const going = await requeue(session, settlements.filter(goesOn));
  const completed = await complete(session, settlements.filter(isOrdinary), { awaited: true });
  if (completed.ids.length === settlements.length) {
    await wakeParents(session, completed.children, { parked, lines: completed.lines });
    return settlements.map(() => "applied");
  }
  const applied = new Set([...parked, ...going, ...completed.ids]);
  // One that was to go on, or to complete, and did not: the job was cancelled, or the token is stale.
  const ended = await end(
    session,
    settlements.filter(({ id }) => !applied.has(id)),
  );
  const lines = [...completed.lines, ...ended.lines];
  await wakeParents(session, [...completed.children, ...ended.children], { parked, lines });
  return answer(session, settlements, answersOf([...applied, ...ended.ids], ended.cancelled));
}

function answersOf(
  ids: readonly string[],
  cancelled: ReadonlySet<string>,
): ReadonlyMap<string, HolderAnswer> {
  return new Map(ids.map((id) => [id, cancelled.has(id) ? "applied-as-cancelled" : "applied"]));
}

type Suspended = Settlement & { readonly outcome: Extract<Outcome, { readonly kind: "suspended" }> };
type UnderPolicy = Suspended & { readonly outcome: { readonly policy: ChildPolicy } };

function hasPolicy(settlement: Settlement): settlement is UnderPolicy {
  return settlement.outcome.kind === "suspended" && settlement.outcome.policy !== undefined;
}

function goesOn(settlement: Settlement): boolean {
  return !isLast(settlement) && !hasPolicy(settlement);
}

function carries(write: HolderWrite): boolean {
  return (
    write.checkpoint !== undefined ||
    (write.spawn?.length ?? 0) > 0 ||
    (write.items?.length ?? 0) > 0 ||
    write.counters !== undefined ||
    (write.marks?.length ?? 0) > 0 ||
    write.progress !== undefined ||
    write.log !== undefined
  );
}

async function fence(
  session: Session,
  writes: readonly HolderWrite[],
  numbered: boolean,
): Promise<ReadonlySet<string>> {
  const rows = writes.map(({ id, token, write, checkpoint, progress }) => ({
    id,
    token,
    write,
    checkpoint,
    progress,
  }));
  const held = await session.run<{ id: string }>("holder/fence", [JSON.stringify(rows), numbered]);
  return new Set(held.map((row) => row.id));
}

/** Children, items, counters, step marks and log lines of writes that were found to hold. */
async function attach(session: Session, writes: readonly HolderWrite[]): Promise<void> {
  const children = writes.flatMap(({ id, spawn }) => (spawn ?? []).map((job) => ({ job, parent: id })));
  await insertChildren(session, children);
  await saveItems(session, writes);
  await markSteps(session, writes);
  await saveLogs(session, writes);
}

async function requeue(session: Session, settlements: readonly Settlement[]): Promise<readonly string[]> {
  if (settlements.length === 0) return [];
  const rows = settlements.map(({ id, token, outcome, record, measures }) => ({
    id,
    token,
    kind: outcome.kind,
    delay: "delayMs" in outcome ? outcome.delayMs : 0,
    started: outcome.kind === "released" && outcome.started,
    note: noteOf(token, outcome),
    wakeat: outcome.kind === "suspended" ? outcome.wakeAt : 0,
    record,
    measures,
  }));
  const held = await session.run<{ id: string }>("holder/requeue", [JSON.stringify(rows)]);
  return held.map((row) => row.id);
}

/** Why a job is put off, with the token under which that was said. */
function noteOf(token: Settlement["token"], outcome: Outcome): string | undefined {
  if (outcome.kind !== "snoozed" || outcome.note === undefined) return undefined;
  const { limit, reason } = outcome.note;
  return JSON.stringify({ token, limit, reason });
}

async function suspend(session: Session, settlements: readonly UnderPolicy[]): Promise<readonly string[]> {
  if (settlements.length === 0) return [];
  const rows = settlements.map(({ id, token, outcome, measures }) => ({
    id,
    token,
    measures,
    ...policyColumns(outcome.policy),
  }));
  const held = await session.run<{ id: string }>("holder/suspend", [JSON.stringify(rows)]);
  return held.map((row) => row.id);
}

interface ClassifyRow {
  readonly id: string;
  readonly token: string;
  readonly settled: string;
  readonly write: number;
}

/** Answers in order; only writes that did not match are looked up. */
async function answer(
  session: Session,
  writes: readonly HolderWrite[],
  applied: ReadonlyMap<string, HolderAnswer>,
): Promise<readonly HolderAnswer[]> {
  const known = await classify(
    session,
    writes.filter((write) => !applied.has(write.id)),
  );
  return writes.map((write) => {
    const done = applied.get(write.id);
    if (done !== undefined) return done;
    const again = known
      .get(write.id)
      ?.some((row) => row.settled === write.token || row.token === write.token);
    return again ? "already-applied" : "fenced";
  });
}

/** What is known of jobs whose writes did not match, by id. */
async function classify(
  session: Session,
  missed: readonly HolderWrite[],
): Promise<ReadonlyMap<string, readonly ClassifyRow[]>> {
  if (missed.length === 0) return new Map();
  const ids = JSON.stringify(missed.map(({ id }) => id));
  return groupById(await session.run<ClassifyRow>("holder/classify", [ids]));
}

function groupById(rows: readonly ClassifyRow[]): Map<string, ClassifyRow[]> {
  const groups = new Map<string, ClassifyRow[]>();
  for (const row of rows) groups.set(row.id, [...(groups.get(row.id) ?? []), row]);
  return groups;
}
