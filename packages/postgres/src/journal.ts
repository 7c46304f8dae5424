/** fold and counters on SQL. */
import { createHash } from "node:crypto";
import { inTransaction, type Session, sessionOn } from "./session.ts";
import type { SqlClient } from "./sql-client.ts";
import type { Statements } from "./statements.ts";

export type Counters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** A store-wide advisory lock key of one purpose, different for every schema. */
export function lockKey(schema: string, purpose: string): string {
  return createHash("sha256").update(`millrace:${schema}:${purpose}`).digest().readBigInt64BE(0).toString();
}

/** How long events are kept where nobody says. */
const KEEP_EVENTS_MS = 86_400_000;

/** The port's fold: one pass of numbering and adding up, then pruning of what is old enough. */
export async function fold(
  client: SqlClient,
  statements: Statements,
  pass: { readonly lock: string; readonly limit: number; readonly keepEventsMs?: number | undefined },
): Promise<number> {
  return inTransaction(client, async (sql) => {
    const session = sessionOn(sql, statements);
    const rows = await session.run<{ folded: number }>("journal/fold", [pass.lock, pass.limit]);
    await session.run("journal/prune", [pass.keepEventsMs ?? KEEP_EVENTS_MS]);
    return rows[0]?.folded ?? 0;
  });
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
