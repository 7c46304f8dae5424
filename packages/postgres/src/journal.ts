/** fold and counters on SQL. */
import { createHash } from "node:crypto";
import { type Session, unlessDeadlocked } from "./session.ts";

export type Counters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A store-wide advisory lock key of one purpose, different for every schema. */
export function lockKey(schema: string, purpose: string): string {
  return createHash("sha256").update(`millrace:${schema}:${purpose}`).digest().readBigInt64BE(0).toString();
}

/** How long events are kept where nobody says. */
const KEEP_EVENTS_MS = 86_400_000;

/** One pass of numbering and adding up. */
export interface FoldPass {
  readonly lock: string;
  readonly limit: number;
}

/**
 * Folds; how many rows. Where another process is at it, `wait` says whether to come after it: then everything committed
 * before the call is folded behind it, up to the limit. Otherwise nothing is done.
 */
export async function foldOnce(session: Session, { lock, limit }: FoldPass, wait: boolean): Promise<number> {
  const values = [lock, limit, wait];
  const rows = await unlessDeadlocked(() => session.run<{ folded: number }>("journal/fold", values));
  return rows[0]?.folded ?? 0;
}

/**
 * The port's fold: one pass, then pruning of what is old enough. Each commits by itself: a process that stands still in
 * between keeps no lock.
 */
export async function fold(
  session: Session,
  pass: FoldPass & { readonly keepEventsMs?: number | undefined },
): Promise<number> {
  const folded = await foldOnce(session, pass, false);
  await unlessDeadlocked(() => session.run("journal/prune", [pass.keepEventsMs ?? KEEP_EVENTS_MS]));
  return folded;
}

/** Counters of the given scopes and of every scope under the given prefixes (each ending in a colon). */
export async function readCounters(
  session: Session,
  scopes: readonly string[],
  prefixes: readonly string[],
): Promise<Counters> {
  if (scopes.length + prefixes.length === 0) return {};
  const rows = await session.run<CounterRow>("journal/counters", [scopes, prefixes]);
  return byScope(rows);
}

/** What was added to counters of queues in the last minutes, by scopes under a prefix. */
export async function readRecent(session: Session, prefix: string, minutes: number): Promise<Counters> {
  return byScope(await session.run<CounterRow>("journal/recent", [prefix, minutes]));
}

interface CounterRow {
  readonly scope: string;
  readonly name: string;
  readonly value: string;
}

function byScope(rows: readonly CounterRow[]): Counters {
  const found = new Map<string, [string, number][]>();
  for (const { scope, name, value } of rows) {
    const entries = found.get(scope) ?? [];
    entries.push([name, Number(value)]);
    found.set(scope, entries);
  }
  return Object.fromEntries([...found].map(([scope, entries]) => [scope, Object.fromEntries(entries)]));
}
