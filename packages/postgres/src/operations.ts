/** The verbs of operations on SQL. */
import {
  abortError,
  afterCanary,
  afterPage,
  type ControlNote,
  isFinishedOperation,
  type JobId,
  type NewOperation,
  type OperationAction,
  type OperationFilter,
  type OperationId,
  type OperationMove,
  type OperationPage,
  type OperationRow,
  type OperationsFilter,
  type OperationTurn,
  type OperationWork,
  operationAbortedEntries,
  operationStartedEntries,
  type Page,
  type PageOptions,
  pageSize,
  type TakeOptions,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { cancel } from "./cancel.ts";
import { deleteJobs, retryAs } from "./history.ts";
import { operationOf, type StoredOperation, termsText } from "./operation-row.ts";
import { reprioritise } from "./reprioritise.ts";
import { selectedMembers } from "./selection.ts";
import type { Session } from "./session.ts";

/** The port's startOperation, within a transaction. */
export async function startOperation(
  session: Session,
  operation: NewOperation,
): Promise<"started" | "exists"> {
  const rows = await session.run("operation/start", [
    operation.id,
    operation.action,
    JSON.stringify(operation.filter),
    termsText(operation),
  ]);
  if (rows.length === 0) return "exists";
  await appendAudit(session, operationStartedEntries(operation));
  return "started";
}

/** The port's operations. */
export async function findOperations(
  session: Session,
  { ids, states }: OperationsFilter,
  page: PageOptions,
): Promise<Page<OperationRow>> {
  const values = [ids ?? null, states ?? null, page.after ?? null, page.limit];
  const rows = await session.run<StoredOperation>("operation/find", values);
  const last = rows.at(-1);
  return {
    rows: rows.map(operationOf),
    ...(rows.length === page.limit && last !== undefined ? { next: last.id } : {}),
  };
}

/** Whether there is anything for {@link takeOperation} to do. */
export async function isOperationDue(session: Session): Promise<boolean> {
  const rows = await session.run<{ present: boolean }>("operation/present", []);
  return rows[0]?.present === true;
}

/** The port's takeOperation, within a transaction. */
export async function takeOperation(
  session: Session,
  options: TakeOptions,
): Promise<OperationTurn | undefined> {
  for (;;) {
    const [due] = await session.run<StoredOperation>("operation/due", [options.only ?? null]);
    if (due === undefined) return undefined;
    const operation = operationOf(due);
    if (operation.state === "running") return lend(session, due, options);
    const [jobs = { live: 0, completed: 0 }] = await session.run<{ live: number; completed: number }>(
      "operation/canary",
      [operation.canaryJobs],
    );
    await move(session, operation, { ...afterCanary(operation, jobs), cursor: undefined });
  }
}

async function lend(
  session: Session,
  due: StoredOperation,
  { leaseMs, limit }: TakeOptions,
): Promise<OperationTurn> {
  await session.run("operation/lend", [due.id, leaseMs]);
  const operation = operationOf({ ...due, turn: due.turn + 1 });
  const { id, filter, patch } = operation;
  const selection = { filter, operation: id, after: due.cursor, most: pageSize(operation, limit) };
  return { operation, ...(await selectedMembers(session, selection, patch !== undefined)) };
}

/** The port's advanceOperation, within a transaction; `lock` keeps retries of others out while it looks and acts. */
export async function advanceOperation(
  session: Session,
  page: OperationPage,
  lock: string,
): Promise<"applied" | "fenced"> {
  const [held] = await session.run<StoredOperation>("operation/held", [page.id, page.turn]);
  if (held === undefined) return "fenced";
  const operation = operationOf(held);
  const work = page.members.filter(({ problem }) => problem === undefined);
  if (FINISHED_ONLY.has(operation.action)) await session.run("history/lock", [lock]);
  const done = work.length === 0 ? [] : await act(session, operation, work);
  const problems = page.members.flatMap(({ id, problem }) =>
    problem === undefined ? [] : { job: id, message: problem },
  );
  const effect = { done, skipped: work.length - done.length, problems, isLast: page.isLast };
  await move(session, operation, { ...afterPage(operation, effect), cursor: page.reached });
  return "applied";
}

/** Actions on finished jobs, which retries move too. */
const FINISHED_ONLY: ReadonlySet<OperationAction> = new Set<OperationAction>(["retry", "delete"]);

const TOOK_EFFECT: ReadonlySet<string> = new Set([
  "replayed",
  "made-ready",
  "cancelled",
  "cancelling",
  "changed",
  "deleted",
]);

/** Does what the operation is for to those jobs that are as they were; gives those it took effect on. */
async function act(
  session: Session,
  operation: OperationRow,
  work: readonly OperationWork[],
): Promise<readonly JobId[]> {
  const ids = work.map(({ id }) => id);
  const filter = { ...operation.filter, ids };
  const selection = { filter, operation: operation.id, after: null, most: ids.length + 1 };
  const { members } = await selectedMembers(session, selection, false);
  const now = new Map(members.map(({ id, generation }) => [id, generation]));
  const unchanged = work.filter(({ id, generation }) => now.get(id) === generation);
  const answers = await answersOf(session, operation, unchanged);
  return unchanged.flatMap(({ id }, index) => (TOOK_EFFECT.has(answers[index] ?? "") ? id : []));
}

async function answersOf(
  session: Session,
  { action, note, priority }: OperationRow,
  work: readonly OperationWork[],
): Promise<readonly string[]> {
  const ids = work.map(({ id }) => id);
  switch (action) {
    case "retry":
      return retryAs(session, ids, { note, envelopes: envelopesOf(work) });
    case "cancel":
      return cancel(session, ids, note);
    case "reprioritise":
      return priority === undefined ? [] : reprioritise(session, ids, { priority, note });
    case "delete":
      return deleteJobs(session, ids, note);
  }
}

function envelopesOf(work: readonly OperationWork[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    work.flatMap(({ id, envelope }) => (envelope === undefined ? [] : [[id, envelope]])),
  );
}

async function move(
  session: Session,
  { id }: OperationRow,
  { cursor, ...moved }: OperationMove & { readonly cursor: JobId | undefined },
): Promise<void> {
  await session.run("operation/move", [
    id,
    moved.state,
    isFinishedOperation(moved.state),
    moved.done,
    moved.skipped,
    moved.failed,
    JSON.stringify(moved.problems),
    moved.canaryJobs,
    moved.isCanaryPassed,
    moved.error ?? null,
    moved.restMs,
    cursor ?? null,
  ]);
}

/** What an operation was when it was to be aborted, and whether it was. */
interface AbortRow extends Pick<StoredOperation, "action" | "filter" | "state"> {
  readonly aborted: boolean;
}

/** The port's abortOperation, within a transaction. */
export async function abortOperation(
  session: Session,
  id: OperationId,
  note: ControlNote,
): Promise<"aborted" | "already-finished" | "not-found"> {
  const [row] = await session.run<AbortRow>("operation/abort", [id, abortError(note)]);
  if (row === undefined) return "not-found";
  if (!row.aborted) return "already-finished";
  const { action, state } = row;
  const filter = JSON.parse(row.filter) as OperationFilter; // written by startOperation
  await appendAudit(session, operationAbortedEntries(note, { id, action, filter, state }));
  return "aborted";
}
