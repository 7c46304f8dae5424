/** Runs that nobody drives any more, on SQL: found and ended, with the steps they leave begun. */
import {
  ABANDONED_RUN,
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

/** An active run whose row the transaction holds. */
export interface StrandedRun {
  readonly id: RunId;
  readonly state: RunState;
  readonly tenant: string;
  readonly definition: string;
  readonly coordinator: JobId;
}

/** The port's sweepRuns, within a transaction. */
export async function sweepRuns(session: Session, limit: number): Promise<readonly SweptRun[]> {
  return strand(session, await session.run<StrandedRun>("run/stranded", [limit]));
}

/** Ends runs: those that were being cancelled as that. */
export async function strand(session: Session, runs: readonly StrandedRun[]): Promise<readonly SweptRun[]> {
  if (runs.length === 0) return [];
  const moves = runs.map(({ id, state: from, ...of }) => {
    const to = from === "cancelling" ? "cancelled" : "failed";
    return { ...of, run: id, from, to } as const;
  });
  const swept = moves.map(({ run, to }) => ({ run, to }));
  await session.run("run/strand", [
    JSON.stringify(swept.map(({ run, to }) => ({ id: run, to }))),
    ABANDONED_RUN,
  ]);
  await appendAudit(
    session,
    moves.flatMap((move) => moveEntries(move)),
  );
  return swept;
}
