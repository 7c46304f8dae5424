/** Runs that nobody drives any more, on SQL: found and ended, with the steps they leave begun. */
import {
  ABANDONED_RUN,
  type AuditedMove,
  type JobId,
  moveEntries,
  type RunId,
  type RunState,
  type SweptRun,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import type { Session } from "./session.ts";

/** Whether a sweep would find any. */
export async function hasStranded(session: Session): Promise<boolean> {
  return (await session.run("run/has-stranded", [])).length > 0;
}

interface StrandedRun {
  readonly id: RunId;
  readonly state: RunState;
  readonly tenant: string;
  readonly definition: string;
  readonly coordinator: JobId;
}

/** The port's sweepRuns, within a transaction. */
export async function sweepRuns(session: Session, limit: number): Promise<readonly SweptRun[]> {
  const found = await session.run<StrandedRun>("run/stranded", [limit]);
  const moves = found.map(({ id, state: from, tenant, definition, coordinator }) => {
    const to = from === "cancelling" ? "cancelled" : "failed";
    return { run: id, tenant, definition, coordinator, from, to } as const;
  });
  await strand(session, moves);
  return moves.map(({ run, to }) => ({ run, to }));
}

/** Ends runs whose rows the transaction holds. */
export async function strand(
  session: Session,
  moves: readonly (AuditedMove & { readonly to: SweptRun["to"] })[],
): Promise<void> {
  if (moves.length === 0) return;
  const rows = moves.map(({ run, to }) => ({ id: run, to }));
  await session.run("run/strand", [JSON.stringify(rows), ABANDONED_RUN]);
  await appendAudit(
    session,
    moves.flatMap((move) => moveEntries(move)),
  );
}
