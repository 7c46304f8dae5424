/** save and settle on SQL: holders' writes, fenced by token, each whole or not at all. */
import type { ChildPolicy, HolderAnswer, HolderWrite, Outcome, Settlement } from "@millrace/core";
import { type EndedChild, policyColumns, wakeParents } from "./children.ts";
import { insertChildren } from "./insert-jobs.ts";
import { saveItems } from "./items.ts";
import { saveLogs } from "./logs.ts";
import type { Session } from "./session.ts";

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
  return answer(session, writes, new Map([...held].map((id) => [id, "applied"])));
}

/**
 * The port's settle, within a transaction: what the last writes carry, then attempts whose jobs go on, then those
 * whose jobs end, then the parents of the ended ones and those that have just begun to wait. In that order, because a batch may hold a parent and its child.
 */
export async function settle(
  session: Session,
  settlements: readonly Settlement[],
): Promise<readonly HolderAnswer[]> {
  if (settlements.length === 0) return [];
  const carrying = settlements.filter(carries);
  if (carrying.length > 0) {
    const held = await fence(session, carrying, false);
    await attach(
      session,
      carrying.filter((write) => held.has(write.id)),
    );
  }
  const parked = await suspend(session, settlements.filter(hasPolicy));
  const going = new Set([...parked, ...(await requeue(session, settlements.filter(goesOn)))]);
  // A settlement of a job that was to go on and did not: the job was cancelled, or the token is stale.
  const ended = await end(
    session,
    settlements.filter((settlement) => isLast(settlement) || !going.has(settlement.id)),
  );
  await wakeParents(session, ended.children, { parked, lines: ended.lines });
  const applied = new Map([...ended.answers, ...[...going].map((id) => [id, "applied"] as const)]);
  return answer(session, settlements, applied);
}

type Suspended = Settlement & { readonly outcome: Extract<Outcome, { readonly kind: "suspended" }> };
type UnderPolicy = Suspended & { readonly outcome: { readonly policy: ChildPolicy } };

function isLast({ outcome }: Settlement): boolean {
  return outcome.kind === "completed" || outcome.kind === "dead";
}

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

/** Children, items, counters and log lines of writes that were found to hold. */
async function attach(session: Session, writes: readonly HolderWrite[]): Promise<void> {
  const children = writes.flatMap(({ id, spawn }) => (spawn ?? []).map((job) => ({ job, parent: id })));
  if (children.length > 0) await insertChildren(session, children);
  await saveItems(session, writes);
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
    wakeat: outcome.kind === "suspended" ? outcome.wakeAt : 0,
    record,
    measures,
  }));
  const held = await session.run<{ id: string }>("holder/requeue", [JSON.stringify(rows)]);
  return held.map((row) => row.id);
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

/** What `end` did: the answers of those it ended, and those of them that have parents. */
interface Ended {
  readonly answers: ReadonlyMap<string, HolderAnswer>;
  readonly children: readonly EndedChild[];
  readonly lines: readonly string[];
}

const NOBODY: Ended = { answers: new Map(), children: [], lines: [] };

async function end(session: Session, settlements: readonly Settlement[]): Promise<Ended> {
  if (settlements.length === 0) return NOBODY;
  const rows = settlements.map((settlement) => ({
    id: settlement.id,
    token: settlement.token,
    dead: settlement.outcome.kind === "dead",
    fingerprint: settlement.outcome.kind === "dead" ? settlement.outcome.fingerprint : undefined,
    record: settlement.record,
    ...(isLast(settlement) ? {} : onlyCancelled(settlement)),
    ...measured(settlement.measures),
  }));
  const [row] = await session.run<EndedRow>("holder/end", [JSON.stringify(rows)]);
  if (row === undefined || row.held === 0) return NOBODY;
  const { ids, cancelled, children, lines } = row;
  const applied = ids === null ? settlements.map(({ id }) => id) : listOf<string>(ids);
  const asCancelled = new Set(cancelled === null ? [] : listOf<string>(cancelled));
  return {
    answers: new Map(applied.map((id) => [id, asCancelled.has(id) ? "applied-as-cancelled" : "applied"])),
    children: children === null ? [] : listOf<EndedChild>(children),
    lines: lines === null ? [] : listOf<string>(lines),
  };
}

/** What `end` is told of a settlement that ends a job only where that was cancelled. */
function onlyCancelled({ outcome }: Settlement): {
  readonly going: true;
  readonly uncounted: boolean;
  readonly interrupted: boolean;
  readonly snoozed: boolean;
} {
  return {
    going: true,
    uncounted: outcome.kind !== "retry",
    interrupted: outcome.kind === "released" && outcome.started,
    snoozed: outcome.kind === "snoozed",
  };
}

/** What every attempt measures, and what only some do. */
function measured(measures: Settlement["measures"]): object {
  if (measures === undefined) return {};
  const { ran, waitMs, runMs, ...others } = measures;
  return { ran, wait: waitMs, run: runMs, ...(Object.keys(others).length > 0 && { measures: others }) };
}

interface EndedRow {
  /** So many jobs ended. */
  readonly held: number;
  /** JSON lists; null: `ids`, all that were sent; the others, none. */
  readonly ids: string | null;
  readonly cancelled: string | null;
  readonly children: string | null;
  readonly lines: string | null;
}

/** A list that `end` put together. */
function listOf<T>(json: string): readonly T[] {
  return JSON.parse(json) as readonly T[]; // by end.sql
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
  const missed = writes.filter((write) => !applied.has(write.id));
  if (missed.length === 0) return writes.map((write) => applied.get(write.id) ?? "applied");
  const rows = await session.run<ClassifyRow>("holder/classify", [
    JSON.stringify(missed.map((write) => write.id)),
  ]);
  const known = groupById(rows);
  return writes.map((write) => {
    const done = applied.get(write.id);
    if (done !== undefined) return done;
    const again = known
      .get(write.id)
      ?.some((row) => row.settled === write.token || row.token === write.token);
    return again ? "already-applied" : "fenced";
  });
}

function groupById(rows: readonly ClassifyRow[]): Map<string, ClassifyRow[]> {
  const groups = new Map<string, ClassifyRow[]>();
  for (const row of rows) groups.set(row.id, [...(groups.get(row.id) ?? []), row]);
  return groups;
}
