/** save and settle on SQL: holders' writes, fenced by token, each whole or not at all. */
import type { HolderAnswer, HolderWrite, Settlement } from "@millrace/core";
import { saveItems } from "./items.ts";
import { insertJobs } from "./jobs.ts";
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
  return answer(session, writes, held);
}

/**
 * The port's settle, within a transaction: what the last writes carry, then attempts whose jobs go on, then those
 * whose jobs end, then the parents of the ended ones. In that order, because a batch may hold a parent and its child.
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
  const ended = settlements.filter(({ outcome }) => outcome.kind === "completed" || outcome.kind === "dead");
  const going = settlements.filter(({ outcome }) => outcome.kind !== "completed" && outcome.kind !== "dead");
  const applied = new Set([...(await requeue(session, going)), ...(await end(session, ended))]);
  return answer(session, settlements, applied);
}

function carries(write: HolderWrite): boolean {
  return (
    write.checkpoint !== undefined ||
    (write.spawn?.length ?? 0) > 0 ||
    (write.items?.length ?? 0) > 0 ||
    write.counters !== undefined
  );
}

async function fence(
  session: Session,
  writes: readonly HolderWrite[],
  numbered: boolean,
): Promise<ReadonlySet<string>> {
  const rows = writes.map(({ id, token, write, checkpoint }) => ({ id, token, write, checkpoint }));
  const held = await session.run<{ id: string }>("holder/fence", [
    ...keysOf(writes),
    JSON.stringify(rows),
    numbered,
  ]);
  return new Set(held.map((row) => row.id));
}

/** Children, items and counters of writes that were found to hold. */
async function attach(session: Session, writes: readonly HolderWrite[]): Promise<void> {
  const children = writes.flatMap(({ id, spawn }) => (spawn ?? []).map((job) => ({ job, parent: id })));
  if (children.length > 0) await insertJobs(session, children);
  await saveItems(session, writes);
}

async function requeue(session: Session, settlements: readonly Settlement[]): Promise<readonly string[]> {
  if (settlements.length === 0) return [];
  const rows = settlements.map(({ id, token, outcome, record }) => ({
    id,
    token,
    kind: outcome.kind,
    delay: "delayMs" in outcome ? outcome.delayMs : 0,
    started: outcome.kind === "released" && outcome.started,
    wakeat: outcome.kind === "suspended" ? outcome.wakeAt : 0,
    record,
  }));
  const held = await session.run<{ id: string }>("holder/requeue", [
    ...keysOf(settlements),
    JSON.stringify(rows),
  ]);
  return held.map((row) => row.id);
}

async function end(session: Session, settlements: readonly Settlement[]): Promise<readonly string[]> {
  if (settlements.length === 0) return [];
  const rows = settlements.map(({ id, token, outcome, record }) => ({
    id,
    token,
    dead: outcome.kind === "dead",
    fingerprint: outcome.kind === "dead" ? outcome.fingerprint : undefined,
    record,
  }));
  const ended = await session.run<EndedRow>("holder/end", [...keysOf(settlements), JSON.stringify(rows)]);
  await wakeParents(session, ended);
  return ended.map((row) => row.id);
}

interface EndedRow {
  readonly id: string;
  readonly dead: boolean;
  readonly parent: string | null;
}

/** Counts ended children into their parents' forks; the wake-up happens there, once. */
export async function wakeParents(
  session: Session,
  ended: readonly { readonly dead: boolean; readonly parent: string | null }[],
): Promise<void> {
  const counts = new Map<string, { parent: string; ended: number; failed: number }>();
  for (const { parent, dead } of ended) {
    if (parent === null) continue;
    const count = counts.get(parent) ?? { parent, ended: 0, failed: 0 };
    count.ended += 1;
    if (dead) count.failed += 1;
    counts.set(parent, count);
  }
  if (counts.size > 0) await session.run("holder/wake", [JSON.stringify([...counts.values()])]);
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
  applied: ReadonlySet<string>,
): Promise<readonly HolderAnswer[]> {
  const missed = writes.filter((write) => !applied.has(write.id));
  if (missed.length === 0) return writes.map(() => "applied");
  const rows = await session.run<ClassifyRow>("holder/classify", [missed.map((write) => write.id)]);
  const known = groupById(rows);
  return writes.map((write) => {
    if (applied.has(write.id)) return "applied";
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

function keysOf(writes: readonly HolderWrite[]): [string[], string[]] {
  return [writes.map((write) => write.id), writes.map((write) => write.token)];
}
