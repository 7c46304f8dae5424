/** findRuns on SQL: the rows, then their counters. */
import {
  type JobId,
  type Page,
  type RunFilter,
  type RunId,
  type RunPageOptions,
  type RunRow,
  type RunState,
  runScopes,
} from "@millrace/core";
import { optional, priorityOf } from "./codes.ts";
import { readCounters } from "./journal.ts";
import type { Session } from "./session.ts";

interface StoredRun {
  readonly id: RunId;
  readonly definition: string;
  readonly instance: string;
  readonly tenant: string;
  readonly state: RunState;
  readonly params: string;
  readonly coordinator: JobId;
  readonly queue: string;
  readonly class: number | null;
  readonly submitted_by: string | null;
  readonly correlation: string | null;
  readonly version: string | null;
  readonly restarts: number;
  readonly created: string;
  readonly updated: string;
  readonly finished: string | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** The port's findRuns; counters take one more statement. */
export async function findRuns(
  session: Session,
  filter: RunFilter,
  page: RunPageOptions,
): Promise<Page<RunRow>> {
  const rows = await storedRuns(session, filter, page);
  const counted = page.counters === false ? [] : rows;
  const scopes = await readCounters(
    session,
    [],
    counted.map((row) => runScopes(row.id)),
  );
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => runOf(row, scopes)),
    ...(rows.length === page.limit && last !== undefined ? { next: last.id } : {}),
  };
}

function storedRuns(
  session: Session,
  { ids, definition, instance, tenant, states }: RunFilter,
  { after, limit }: RunPageOptions,
): Promise<readonly StoredRun[]> {
  const values = [definition ?? null, instance ?? null, tenant ?? null, states ?? null, after ?? null, limit];
  if (ids !== undefined) return session.run("run/among", [ids, ...values]);
  const isOfInstance = definition !== undefined && instance !== undefined && tenant !== undefined;
  return session.run(isOfInstance ? "run/of-instance" : "run/find", values);
}

function runOf(row: StoredRun, scopes: Readonly<Record<string, Readonly<Record<string, number>>>>): RunRow {
  const prefix = runScopes(row.id);
  const steps = Object.entries(scopes)
    .filter(([scope]) => scope.startsWith(prefix))
    .map(([scope, counters]) => [scope.slice(prefix.length), counters] as const);
  return {
    id: row.id,
    definition: row.definition,
    instance: row.instance,
    tenant: row.tenant,
    state: row.state,
    params: row.params,
    queue: row.queue,
    priority: row.class === null ? "default" : priorityOf(row.class),
    ...optional("submittedBy", row.submitted_by),
    ...optional("correlationId", row.correlation),
    ...optional("version", row.version),
    coordinator: row.coordinator,
    restarts: row.restarts,
    createdAtMs: Number(row.created),
    updatedAtMs: Number(row.updated),
    ...(row.finished === null ? {} : { finishedAtMs: Number(row.finished) }),
    ...optional("result", row.result),
    ...optional("error", row.error),
    counters: Object.fromEntries(steps),
  };
}
