/** expire on SQL. */
import type { ExpireReport } from "@millrace/core";
import { wakeParents } from "./children.ts";
import { type LineRepair, linesOf, lockLines } from "./ordering.ts";
import type { Session } from "./session.ts";

/** Ordering keys a pass looks through, at most: those a worker of an older version has left stranded are few. */
const MOST_KEYS = 100;

interface Overdue {
  readonly id: string;
  readonly ordering_key: string | null;
}

/** The port's expire, within a transaction, with the upkeep that goes with it. */
export async function expire(session: Session, limit: number, repair: LineRepair): Promise<ExpireReport> {
  const overdue = await session.run<Overdue>("job/overdue", [limit + 1]);
  const expired = overdue.length === 0 ? 0 : await endOverdue(session, overdue.slice(0, limit));
  await session.run("key/prune", []);
  await session.run("hold/prune", []);
  await repair.pass(session, Math.min(limit, MOST_KEYS));
  return { expired, more: overdue.length > limit };
}

/** Whoever lets the next of a line go holds its lock before its rows; so does this. */
async function endOverdue(session: Session, overdue: readonly Overdue[]): Promise<number> {
  await lockLines(session, linesOf(overdue));
  const ended = await session.run<Overdue & { parent: string | null }>("job/expire", [
    overdue.map(({ id }) => id),
  ]);
  await wakeParents(
    session,
    ended.map(({ parent }) => ({ parent, isFailed: true })),
    { lines: linesOf(ended) },
  );
  return ended.length;
}
