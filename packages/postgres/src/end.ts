/** Jobs that end: the many that simply completed by lists, all others by rows of JSON. */
import { type AuditedJob, deathEntries, type Settlement } from "@millrace/core";
import { appendAudit } from "./audit.ts";
import type { EndedChild } from "./children.ts";
import type { Session } from "./session.ts";

/** What became of settlements that end their jobs. */
export interface Ended {
  /** The jobs that ended; the others were not held, or are left to `end`. */
  readonly ids: readonly string[];
  /** Those of them that ended cancelled. */
  readonly cancelled: ReadonlySet<string>;
  /** Those of the ended jobs that have parents. */
  readonly children: readonly EndedChild[];
  /** Ordering keys of the ended jobs. */
  readonly lines: readonly string[];
}

/** An attempt that completed and measured what every attempt does. */
export interface Ordinary extends Settlement {
  readonly outcome: { readonly kind: "completed" };
  readonly measures: { readonly ran: 1; readonly waitMs: number; readonly runMs: number };
}

const NOTHING: readonly never[] = [];
const NO_IDS: ReadonlySet<string> = new Set();
const NOBODY: Ended = { ids: NOTHING, cancelled: NO_IDS, children: NOTHING, lines: NOTHING };

/** Whether `complete` can take it. */
export function isOrdinary(settlement: Settlement): settlement is Ordinary {
  const { outcome, measures } = settlement;
  if (outcome.kind !== "completed" || measures?.["ran"] !== 1) return false;
  if (measures["waitMs"] === undefined || measures["runMs"] === undefined) return false;
  return Object.keys(measures).length === 3;
}

/** Whether a settlement ends its job, cancelled or not. */
export function isLast({ outcome }: Settlement): boolean {
  return outcome.kind === "completed" || outcome.kind === "dead";
}

/** Completes held jobs, all but cancelled ones; with `awaited: false` also all but those that others may wait for. */
export async function complete(
  session: Session,
  settlements: readonly Ordinary[],
  { awaited }: { readonly awaited: boolean },
): Promise<Ended> {
  if (settlements.length === 0) return NOBODY;
  const sent = settlements.toSorted(byId);
  const [row] = await session.run<CompletedRow>("holder/complete", [
    sent.map(({ id }) => id),
    sent.map(({ token }) => token),
    JSON.stringify(sent.map(({ record }) => record)),
    sent.map(({ measures }) => measures.waitMs),
    sent.map(({ measures }) => measures.runMs),
    !awaited,
  ]);
  if (row === undefined || row.held === 0) return NOBODY;
  return {
    ids: row.ids === null ? sent.map(({ id }) => id) : listOf<string>(row.ids),
    cancelled: NO_IDS,
    children: listOf<string>(row.parents).map((parent) => ({ parent, isFailed: false })),
    lines: listOf<string>(row.lines),
  };
}

/** Ends held jobs however their attempts went, and writes down which died; what goes on ends here only where it was cancelled. */
export async function end(session: Session, settlements: readonly Settlement[]): Promise<Ended> {
  if (settlements.length === 0) return NOBODY;
  const [row] = await session.run<EndedRow>("holder/end", [JSON.stringify(settlements.map(rowOf))]);
  if (row === undefined || row.held === 0) return NOBODY;
  await appendAudit(session, deathEntries(listOf<AuditedJob>(row.deaths), "failed"));
  return {
    ids: row.ids === null ? settlements.map(({ id }) => id) : listOf<string>(row.ids),
    cancelled: new Set(listOf<string>(row.cancelled)),
    children: listOf<EndedChild>(row.children),
    lines: listOf<string>(row.lines),
  };
}

interface CompletedRow {
  /** So many jobs ended. */
  readonly held: number;
  /** JSON lists; null: `ids`, all that were sent; the others, none. */
  readonly ids: string | null;
  readonly parents: string | null;
  readonly lines: string | null;
}

interface EndedRow extends Omit<CompletedRow, "parents"> {
  readonly cancelled: string | null;
  readonly children: string | null;
  readonly deaths: string | null;
}

function byId(left: Settlement, right: Settlement): number {
  return left.id < right.id ? -1 : 1;
}

function rowOf(settlement: Settlement): object {
  const { id, token, outcome, record, measures } = settlement;
  return {
    id,
    token,
    dead: outcome.kind === "dead",
    fingerprint: outcome.kind === "dead" ? outcome.fingerprint : undefined,
    record,
    ...(isLast(settlement) ? {} : onlyCancelled(settlement)),
    ...measured(measures),
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

/** A list that a statement put together. */
function listOf<T>(json: string | null): readonly T[] {
  return json === null ? NOTHING : (JSON.parse(json) as readonly T[]); // by complete.sql and end.sql
}
