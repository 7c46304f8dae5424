/** Forks on SQL: policies as codes, and judging parents when their children have ended. */
import {
  type AuditedJob,
  type ChildPolicy,
  type ChildTally,
  deathEntries,
  type JobId,
  type WatchReport,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { letGo, linesOf } from "./ordering.ts";
import type { Session } from "./session.ts";

/** A policy as its columns `policy` and `target` (see 0005-children.sql). */
export function policyColumns(policy: ChildPolicy): { readonly policy: number; readonly target: number } {
  switch (policy.kind) {
    case "wait-all":
      return { policy: 1, target: 0 };
    case "fail-fast":
      return { policy: 2, target: 0 };
    case "quorum":
      return { policy: 3, target: policy.n };
    case "tolerate":
      return { policy: 4, target: policy.percent };
  }
}

/** A fork's columns, where a job has one that counts. */
export interface ForkColumns {
  readonly pending: number | null;
  readonly failed: number | null;
  readonly total: number | null;
}

/** How the children of a job stand, as a spreadable object. */
export function tallyOf({ pending, failed, total }: ForkColumns): { readonly children?: ChildTally } {
  if (pending === null || failed === null || total === null) return {};
  return { children: { total, completed: Math.max(total - pending - failed, 0), failed } };
}

/** A job that has ended: whether otherwise than completed, and whose child it was. */
export interface EndedChild {
  readonly isFailed: boolean;
  readonly parent: string | null;
}

interface Died extends AuditedJob {
  readonly parent: string | null;
  readonly ordering_key: string | null;
}

/** What else has come of a call. */
export interface Aftermath {
  /** Parents that have just begun to wait. */
  readonly parked?: readonly string[];
  /** The ordering keys of jobs that have ended. */
  readonly lines?: readonly string[];
}

interface Count {
  readonly parent: string;
  ended: number;
  failed: number;
}

/** A chain of parents longer than this is left to the watch. */
const MAX_LEVELS = 100;

/**
 * Counts ended children into their parents' forks and judges those parents, with the parents in `parked`; then the
 * parents of those that died of it, level by level. At last the next of each ordering key goes that has lost its first.
 */
export async function wakeParents(
  session: Session,
  ended: readonly EndedChild[],
  { parked = [], lines = [] }: Aftermath = {},
): Promise<void> {
  const died = await judge(session, countsOf(ended, parked));
  await letGo(session, [...lines, ...linesOf(died)]);
}

/** The port's watch, within a transaction. */
export async function watch(session: Session, limit: number): Promise<WatchReport> {
  const waiting = await session.run<{ parent: string }>("fork/pick", [limit]);
  if (waiting.length === 0) return { repaired: 0, stranded: [] };
  const lost = await session.run<{ parent: JobId; lost: number }>("fork/lost", [
    waiting.map(({ parent }) => parent),
  ]);
  const died = await judge(
    session,
    lost.map((row) => ({ parent: row.parent, ended: row.lost, failed: row.lost })),
  );
  await letGo(session, linesOf(died));
  return {
    repaired: lost.reduce((sum, row) => sum + row.lost, 0),
    stranded: lost.map(({ parent }) => parent).sort(),
  };
}

/**
 * Level by level, from the parents whose children ended up to those whose own children died of it; gives all that died,
 * and writes them down.
 */
async function judge(session: Session, first: readonly Count[]): Promise<readonly Died[]> {
  const all: Died[] = [];
  let counts = first;
  for (let level = 0; counts.length > 0 && level < MAX_LEVELS; level += 1) {
    const died = await session.run<Died>("holder/wake", [JSON.stringify(counts)]);
    all.push(...died);
    counts = countsOf(
      died.map(({ parent }) => ({ parent, isFailed: true })),
      [],
    );
  }
  await appendAudit(session, deathEntries(all, "children-failed"));
  return all;
}

function countsOf(ended: readonly EndedChild[], parked: readonly string[]): readonly Count[] {
  const counts = new Map<string, Count>(parked.map((parent) => [parent, { parent, ended: 0, failed: 0 }]));
  for (const { parent, isFailed } of ended) {
    if (parent === null) continue;
    const count = counts.get(parent) ?? { parent, ended: 0, failed: 0 };
    count.ended += 1;
    if (isFailed) count.failed += 1;
    counts.set(parent, count);
  }
  return [...counts.values()];
}
