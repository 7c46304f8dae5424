/** startRun, moveRun and findRuns on SQL. */
import {
  isAuditedMove,
  isFinishedRun,
  type JobId,
  moveEntries,
  type NewJob,
  type NewRun,
  type Page,
  type PageOptions,
  type RunFilter,
  type RunId,
  type RunMove,
  type RunRow,
  type RunStart,
  type RunState,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { optional } from "./codes.ts";
import { insertChildren } from "./insert-jobs.ts";
import { readCounters } from "./journal.ts";
import { type Session, sqlStateOf } from "./session.ts";

/** The port's startRun, within a transaction. A racing start of the same instance makes the other see it active. */
export async function startRun(session: Session, run: NewRun, coordinator: NewJob): Promise<RunStart> {
  const instance = [run.definition, run.instance, run.tenant];
  const active = (await session.run<ActiveRun>("run/active", instance))[0];
  if (active?.live) return { result: "resumed", run: active.id };
  if (active !== undefined) await abandon(session, run, active);
  if (!run.rerun) {
    const completed = (await session.run<{ id: RunId }>("run/completed", instance))[0];
    if (completed !== undefined) return { result: "finished", run: completed.id };
  }
  const opened = await session.run("run/start", [run.id, ...instance, coordinator.id, run.params]);
  if (opened.length === 0) return startRun(session, run, coordinator);
  await insertChildren(session, [{ job: coordinator }]);
  return { result: "started", run: run.id };
}

type ActiveRun = Pick<StoredRun, "id" | "state" | "coordinator"> & { readonly live: boolean };

/** An active run whose coordinator will never run again stands in nobody's way. */
async function abandon(session: Session, { tenant, definition }: NewRun, active: ActiveRun): Promise<void> {
  await session.run("run/abandon", [active.id]);
  const { id: run, state: from, coordinator } = active;
  await appendAudit(session, moveEntries({ run, tenant, definition, coordinator, from, to: "failed" }));
}

const UNIQUE_VIOLATION = "23505";

/** The port's moveRun, within a transaction where the audit is to keep it. A run that would become active beside another of its instance is a conflict too. */
export async function moveRun(
  sessions: { readonly alone: Session; joined(work: (session: Session) => Promise<Moved>): Promise<Moved> },
  move: RunMove,
): Promise<Moved> {
  try {
    if (!isAuditedMove(move)) return await tryMove(sessions.alone, move);
    return await sessions.joined((session) => tryMove(session, move));
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) return "conflict";
    throw error;
  }
}

type Moved = "applied" | "conflict" | "fenced" | "not-found";

async function tryMove(session: Session, move: RunMove): Promise<Moved> {
  const rows = await session.run<MoveRow>("run/move", [
    move.run,
    move.from,
    move.to,
    isFinishedRun(move.to),
    move.result ?? null,
    move.error ?? null,
    move.holder?.id ?? null,
    move.holder?.token ?? null,
  ]);
  const answer = rows[0];
  if (answer === undefined || answer.state === null) return "not-found";
  if (!answer.held) return "fenced";
  if (!answer.moved) return "conflict";
  const { tenant, definition, coordinator, state: from } = answer;
  const { run, to, note } = move;
  await appendAudit(session, moveEntries({ run, tenant, definition, coordinator, from, to, note }));
  return "applied";
}

type MoveRow = Pick<StoredRun, "tenant" | "definition" | "coordinator"> & {
  readonly state: RunState | null;
  readonly held: boolean;
  readonly moved: boolean;
};

interface StoredRun {
  readonly id: RunId;
  readonly definition: string;
  readonly instance: string;
  readonly tenant: string;
  readonly state: RunState;
  readonly params: string;
  readonly coordinator: JobId;
  readonly created: string;
  readonly finished: string | null;
  readonly result: string | null;
  readonly error: string | null;
}

/** The port's findRuns: the rows, then their counters in one more statement. */
export async function findRuns(
  session: Session,
  filter: RunFilter,
  page: PageOptions,
): Promise<Page<RunRow>> {
  const rows = await session.run<StoredRun>("run/find", [
    filter.ids ?? null,
    filter.definition ?? null,
    filter.states ?? null,
    page.after ?? null,
    page.limit,
  ]);
  const scopes = await readCounters(
    session,
    [],
    rows.map((row) => `step:${row.id}:`),
  );
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => runOf(row, scopes)),
    ...(rows.length === page.limit && last !== undefined ? { next: last.id } : {}),
  };
}

function runOf(row: StoredRun, scopes: Readonly<Record<string, Readonly<Record<string, number>>>>): RunRow {
  const prefix = `step:${row.id}:`;
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
    queue: "default",
    priority: "default",
    restarts: 0,
    updatedAtMs: Number(row.created),
    coordinator: row.coordinator,
    createdAtMs: Number(row.created),
    ...(row.finished === null ? {} : { finishedAtMs: Number(row.finished) }),
    ...optional("result", row.result),
    ...optional("error", row.error),
    counters: Object.fromEntries(steps),
  };
}
