/** startRun and moveRun on SQL. */
import {
  isAuditedMove,
  isFinishedRun,
  type JobId,
  moveEntries,
  type NewJob,
  type NewRun,
  type RunId,
  type RunMove,
  type RunStart,
  type RunState,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { takeRoom } from "./capacity.ts";
import { classCode } from "./codes.ts";
import { insertChildren } from "./insert-jobs.ts";
import { type Session, sqlStateOf } from "./session.ts";
import { strand } from "./stranded-runs.ts";

/** How a run was started; `active`: the coordinator of the run that was resumed. */
export type Started = RunStart & { readonly active?: JobId };

/** The port's startRun, within a transaction. A racing start of the same instance makes the other see it active. */
export async function startRun(session: Session, run: NewRun, coordinator: NewJob): Promise<RunStart> {
  const { active: _, ...start } = await openRun(session, run, coordinator);
  return start;
}

/** The same, for those who need to know whose run was resumed. */
export async function openRun(session: Session, run: NewRun, coordinator: NewJob): Promise<Started> {
  const instance = [run.definition, run.instance, run.tenant];
  const active = (await session.run<ActiveRun>("run/active", instance))[0];
  if (active?.live) return { result: "resumed", run: active.id, active: active.coordinator };
  if (active !== undefined) await abandon(session, run, active);
  if (!run.rerun && !run.force) {
    const completed = (await session.run<{ id: RunId }>("run/completed", instance))[0];
    if (completed !== undefined) return { result: "finished", run: completed.id };
  }
  if (await isKnownRun(session, run.id)) return { result: "finished", run: run.id };
  const full = await takeRoom(session, { jobs: [coordinator], resend: false });
  if (full.size > 0) return { result: "queue-full" };
  const opened = await session.run("run/start", [
    ...[run.id, ...instance, coordinator.id, run.params, run.queue, classCode(run.priority)],
    ...[run.submittedBy ?? null, run.correlationId ?? null, run.version ?? null],
  ]);
  if (opened.length === 0) return openRun(session, run, coordinator); // somebody else opened it, or one of its instance
  await insertChildren(session, [{ job: coordinator }]);
  return { result: "started", run: run.id };
}

/** Whether there is a run of this id. */
export async function isKnownRun(session: Session, id: RunId): Promise<boolean> {
  return (await session.run("run/known", [id])).length > 0;
}

interface ActiveRun {
  readonly id: RunId;
  readonly state: RunState;
  readonly coordinator: JobId;
  readonly live: boolean;
}

/** An active run whose coordinator will never run again stands in nobody's way. */
async function abandon(session: Session, { tenant, definition }: NewRun, active: ActiveRun): Promise<void> {
  const { id, state, coordinator } = active;
  await strand(session, [{ id, state, coordinator, tenant, definition }]);
}

const UNIQUE_VIOLATION = "23505";

/**
 * The port's moveRun, within a transaction where the audit is to keep it or a coordinator comes with it. A run that would
 * become active beside another of its instance is a conflict too.
 */
export async function moveRun(
  sessions: { readonly alone: Session; joined(work: (session: Session) => Promise<Moved>): Promise<Moved> },
  move: RunMove,
): Promise<Moved> {
  try {
    if (!isAuditedMove(move) && move.coordinator === undefined) return await tryMove(sessions.alone, move);
    return await sessions.joined((session) => tryMove(session, move));
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) return "conflict";
    throw error;
  }
}

type Moved = "applied" | "conflict" | "fenced" | "not-found";

async function tryMove(session: Session, move: RunMove): Promise<Moved> {
  const { run, from, to, result, error, holder, note, coordinator } = move;
  const rows = await session.run<MoveRow>("run/move", [
    ...[run, from, to, isFinishedRun(to), result ?? null, error ?? null],
    ...[holder?.id ?? null, holder?.token ?? null, coordinator?.id ?? null],
  ]);
  const answer = rows[0];
  if (answer === undefined || answer.state === null) return "not-found";
  if (!answer.held) return "fenced";
  if (answer.again) return "applied"; // by an earlier call, whose answer was lost
  if (!answer.moved) return "conflict";
  if (coordinator !== undefined) await insertChildren(session, [{ job: coordinator }]);
  const { tenant, definition, state: before } = answer;
  const driver = coordinator?.id ?? answer.coordinator;
  await appendAudit(
    session,
    moveEntries({ run, tenant, definition, coordinator: driver, from: before, to, note }),
  );
  return "applied";
}

interface MoveRow {
  readonly state: RunState | null;
  readonly held: boolean;
  readonly moved: boolean;
  readonly again: boolean;
  readonly tenant: string;
  readonly definition: string;
  readonly coordinator: JobId;
}
