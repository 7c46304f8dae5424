/** removeRuns, cleanUpRuns and purgeRuns on SQL. */
import {
  type AuditedRun,
  type ControlNote,
  type RemoveRunAnswer,
  type RunCleanUpOptions,
  type RunId,
  runCleanUpEntries,
  runEntries,
  runScopes,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import type { Session } from "./session.ts";
import type { SqlValue } from "./sql-client.ts";

/** What a pass did, and whether there is more to do. */
interface Removal {
  readonly removed: number;
  readonly more: boolean;
}

/** The port's removeRuns, within a transaction. */
export async function removeRuns(
  session: Session,
  ids: readonly RunId[],
  note: ControlNote,
): Promise<readonly RemoveRunAnswer[]> {
  const rows = await session.run<AuditedRun & { readonly removed: boolean }>("run/remove", [ids]);
  const runs = rows.filter(({ removed }) => removed);
  await appendAudit(session, runEntries(note, { type: "run.removed", action: "removeRuns", runs }));
  const answers = new Map<string, RemoveRunAnswer>(
    rows.map(({ id, removed }) => [id, removed ? "removed" : "still-active"]),
  );
  return ids.map((id) => answers.get(id) ?? "not-found");
}

/** The port's cleanUpRuns, within a transaction; `lock` is taken only by clean-ups in the background. */
export async function cleanUpRuns(
  session: Session,
  options: RunCleanUpOptions,
  lock: string,
): Promise<Removal> {
  const which = [options.olderThanMs, [...new Set(options.states)]];
  const runs = await session.run<AuditedRun>("run/clean-up", [
    ...which,
    options.limit,
    options.background === true ? lock : null,
  ]);
  await appendAudit(session, runCleanUpEntries(options, runs));
  if (runs.length < options.limit) return { removed: runs.length, more: false };
  const left = await session.run<{ more: boolean }>("run/older", which);
  return { removed: runs.length, more: left[0]?.more === true };
}

/** Whether a pass of purgeRuns would find any run. */
export async function hasPurge(session: Session): Promise<boolean> {
  return (await session.run("run/has-purge", [])).length > 0;
}

/** A removed run, and the step and key up to which its ledger is deleted. */
interface RemovedRun {
  readonly run: RunId;
  readonly step: string;
  readonly key: string;
}

/** The port's purgeRuns, within a transaction: a piece of the run that has been due for longest. */
export async function purgeRuns(
  session: Session,
  { limit, lock }: { readonly limit: number; readonly lock: string },
): Promise<Removal> {
  const [due] = await session.run<RemovedRun>("run/due-purge", [lock]);
  if (due === undefined) return { removed: 0, more: false };
  const { run, step, key } = due;
  const scopes = runScopes(run);
  let left = limit - (await removedBy(session, "item/purge", [run, step, key, limit]));
  if (left > 0) left -= await removedBy(session, "step/purge", [run, left]);
  if (left > 0) left -= await removedBy(session, "journal/purge", [scopes, left]);
  if (left > 0) await session.run("run/purged", [run, scopes]);
  return { removed: limit - left, more: left === 0 || (await hasPurge(session)) };
}

async function removedBy(
  session: Session,
  statement: "item/purge" | "step/purge" | "journal/purge",
  values: readonly SqlValue[],
): Promise<number> {
  const [row] = await session.run<{ removed: number }>(statement, values);
  return row?.removed ?? 0;
}
