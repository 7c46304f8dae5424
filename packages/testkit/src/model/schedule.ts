/** How the reference model keeps schedules and makes their fires. */
import {
  type Accepted,
  type DueSchedules,
  FIRE_NOTE,
  type FireAnswer,
  type FireRecord,
  isFinishedRun,
  type JobId,
  type NewJob,
  type NewRun,
  type NewSchedule,
  type ScheduleFilter,
  type ScheduleFire,
  type ScheduleRow,
  type ScheduleVersion,
} from "@millrace/core";
import { cancel } from "./control.ts";
import { enqueue } from "./enqueue.ts";
import { startRun } from "./run.ts";
import { type Answer, isLive, type ModelState } from "./state.ts";

/** Makes a schedule or changes its definition. */
export function setSchedule(
  state: ModelState,
  schedule: NewSchedule,
): Answer<"created" | "changed" | "unchanged"> {
  const { id, tenant, definition, nextMs } = schedule;
  const known = state.schedules.get(id);
  if (known?.definition === definition) return { state, answer: "unchanged" };
  const row: ScheduleRow = {
    paused: false,
    createdAtMs: state.nowMs,
    jobs: [],
    recent: [],
    ...known,
    id,
    tenant,
    definition,
    nextMs,
    revision: (known?.revision ?? 0) + 1,
    changedAtMs: state.nowMs,
  };
  return { state: withSchedule(state, row), answer: known === undefined ? "created" : "changed" };
}

/** Forgets a schedule. */
export function removeSchedule(state: ModelState, id: string): Answer<"removed" | "not-found"> {
  const schedules = new Map(state.schedules);
  const wasThere = schedules.delete(id);
  return { state: { ...state, schedules }, answer: wasThere ? "removed" : "not-found" };
}

/** Has it fire no more. */
export function pauseSchedule(state: ModelState, id: string): Answer<"paused" | "not-found"> {
  const row = state.schedules.get(id);
  if (row === undefined) return { state, answer: "not-found" };
  return { state: withSchedule(state, { ...row, paused: true }), answer: "paused" };
}

/** Has it fire again. */
export function resumeSchedule(
  state: ModelState,
  schedule: ScheduleVersion,
  nextMs: number | undefined,
): Answer<"resumed" | "not-paused" | "stale"> {
  const row = state.schedules.get(schedule.id);
  if (row === undefined || !isVersion(row, schedule)) return { state, answer: "stale" };
  if (!row.paused) return { state, answer: "not-paused" };
  return { state: withSchedule(state, { ...row, paused: false, nextMs }), answer: "resumed" };
}

/** All schedules that fit, by the bytes of their ids. */
export function schedulesOf(state: ModelState, { ids, tenant }: ScheduleFilter): readonly ScheduleRow[] {
  return [...state.schedules.values()]
    .filter((row) => (ids === undefined || ids.includes(row.id)) && (tenant ?? row.tenant) === row.tenant)
    .sort(byId);
}

/** The schedules whose time has come. */
export function dueSchedules(state: ModelState, limit: number): DueSchedules {
  const awake = [...state.schedules.values()].filter(({ paused }) => !paused);
  const due = awake.filter(({ nextMs }) => nextMs !== undefined && nextMs <= state.nowMs);
  due.sort((left, right) => (left.nextMs ?? 0) - (right.nextMs ?? 0) || byId(left, right));
  const later = awake.flatMap(({ nextMs }) => (nextMs !== undefined && nextMs > state.nowMs ? nextMs : []));
  return {
    nowMs: state.nowMs,
    rows: due.slice(0, limit),
    nextMs: later.length === 0 ? undefined : Math.min(...later),
  };
}

/** Makes the fires whose schedules are as they were read: cancels for all of them first, then enqueues for all, then starts runs. */
export function fireSchedules(
  start: ModelState,
  fires: readonly ScheduleFire[],
): Answer<readonly FireAnswer[]> {
  const plans = fires.map((fire) => planOf(start, fire));
  const cancels = plans.flatMap((plan) => plan.cancels);
  const cancelled = cancel(cancelRuns(start, cancels), cancels, FIRE_NOTE).state;
  const jobs = plans.flatMap(({ makes, fire }) =>
    makes && fire.fire !== undefined && fire.fire.run === undefined ? [fire.fire.job] : [],
  );
  const enqueued = enqueue(cancelled, jobs, true);
  const accepted = new Map(enqueued.answer.map((each) => [each.id, each]));
  let state = enqueued.state;
  const answer = plans.map((plan) => {
    const one = answerTo(state, plan, accepted);
    state = fired(one.state, plan, one.answer);
    return one.answer;
  });
  return { state, answer };
}

/** What is to be done about one fire. */
interface Plan {
  readonly fire: ScheduleFire;
  readonly isStale: boolean;
  readonly makes: boolean;
  readonly cancels: readonly JobId[];
  /** The job it is left for. */
  readonly inTheWay?: JobId | undefined;
}

function planOf(state: ModelState, fire: ScheduleFire): Plan {
  const row = state.schedules.get(fire.schedule.id);
  const none = { fire, isStale: false, makes: false, cancels: [] };
  if (row === undefined || !isVersion(row, fire.schedule)) return { ...none, isStale: true };
  if (fire.due !== "manual" && (row.paused || row.nextMs !== fire.due.at)) return { ...none, isStale: true };
  if (fire.fire === undefined) return none;
  const own = fire.fire.job.id;
  const live = liveOf(state, row.jobs).filter((id) => id !== own);
  const waiting = live.filter((id) => state.jobs.get(id)?.place === "queued");
  const inTheWay = { skip: live[0], "queue-one": waiting[0], allow: undefined, "cancel-running": undefined };
  if (inTheWay[fire.overlap] !== undefined) return { ...none, inTheWay: inTheWay[fire.overlap] };
  return { ...none, makes: true, cancels: fire.overlap === "cancel-running" ? live : [] };
}

function answerTo(
  state: ModelState,
  { fire, isStale, makes, inTheWay }: Plan,
  accepted: ReadonlyMap<JobId, Accepted>,
): Answer<FireAnswer> {
  if (isStale) return { state, answer: { result: "stale" } };
  if (inTheWay !== undefined) {
    return { state, answer: { result: "skipped", reason: "overlap", job: inTheWay } };
  }
  if (!makes || fire.fire === undefined) return { state, answer: { result: "missed" } };
  if (fire.fire.run !== undefined) return startedBy(state, { ...fire.fire, run: fire.fire.run });
  const { id } = fire.fire.job;
  const isFull = accepted.get(id)?.result === "queue-full";
  return {
    state,
    answer: isFull ? { result: "skipped", reason: "queue-full" } : { result: "fired", job: id },
  };
}

/** A run that is known has been started by this fire before. */
function startedBy(state: ModelState, { run, job }: { run: NewRun; job: NewJob }): Answer<FireAnswer> {
  const fired: FireAnswer = { result: "fired", job: job.id, run: run.id };
  if (state.runs.has(run.id)) return { state, answer: fired };
  const { state: after, answer } = startRun(state, run, job);
  if (answer.result === "queue-full") {
    return { state: after, answer: { result: "skipped", reason: "queue-full" } };
  }
  if (answer.result === "started") return { state: after, answer: fired };
  if (answer.result === "finished") {
    return { state: after, answer: { result: "skipped", reason: "finished", run: answer.run } };
  }
  const active = after.runs.get(answer.run)?.coordinator;
  return { state: after, answer: { result: "skipped", reason: "overlap", job: active, run: answer.run } };
}

/** The active runs of coordinators that are to be cancelled say so. */
function cancelRuns(state: ModelState, coordinators: readonly JobId[]): ModelState {
  const runs = [...state.runs.values()].map((run) => {
    const isMeant = coordinators.includes(run.coordinator) && !isFinishedRun(run.state);
    const isOwn = state.jobs.get(run.coordinator)?.spec.run === run.id;
    return isMeant && isOwn ? { ...run, state: "cancelling" as const, updatedAtMs: state.nowMs } : run;
  });
  return { ...state, runs: new Map(runs.map((run) => [run.id, run])) };
}

function fired(state: ModelState, { fire }: Plan, answer: FireAnswer): ModelState {
  const row = state.schedules.get(fire.schedule.id);
  if (row === undefined || answer.result === "stale") return state;
  const isManual = fire.due === "manual";
  const made = answer.result === "fired" ? answer.job : undefined;
  const isKnown = row.recent.some(({ job, outcome }) => outcome === "fired" && job === made);
  const others = liveOf(state, row.jobs).filter((id) => id !== made);
  return withSchedule(state, {
    ...row,
    nextMs: isManual ? row.nextMs : fire.nextMs,
    lastMs: isManual || made === undefined ? row.lastMs : fire.fire?.fireMs,
    jobs: (made === undefined ? others : [...others, made]).slice(-100),
    recent: isKnown ? row.recent : [...recordsOf(state, fire, answer), ...row.recent].slice(0, 20),
  });
}

/** Newest first. */
function recordsOf({ nowMs }: ModelState, fire: ScheduleFire, answer: FireAnswer): readonly FireRecord[] {
  const records: FireRecord[] = [];
  if (fire.fire !== undefined && (answer.result === "fired" || answer.result === "skipped")) {
    const { result: outcome, ...rest } = answer;
    const manual = fire.due === "manual" ? { manual: true as const } : {};
    records.push({ fireMs: fire.fire.fireMs, atMs: nowMs, outcome, ...rest, ...manual });
  }
  if (fire.missed !== undefined) {
    const { fromMs, beforeMs } = fire.missed;
    records.push({ fireMs: fromMs, beforeMs, atMs: nowMs, outcome: "skipped", reason: "missed" });
  }
  return records;
}

function liveOf(state: ModelState, ids: readonly JobId[]): readonly JobId[] {
  return ids.filter((id) => {
    const job = state.jobs.get(id);
    return job !== undefined && isLive(job);
  });
}

function isVersion(row: ScheduleRow, { createdAtMs, revision }: ScheduleVersion): boolean {
  return row.createdAtMs === createdAtMs && row.revision === revision;
}

function withSchedule(state: ModelState, row: ScheduleRow): ModelState {
  return { ...state, schedules: new Map(state.schedules).set(row.id, row) };
}

function byId(left: ScheduleRow, right: ScheduleRow): number {
  return Buffer.compare(Buffer.from(left.id), Buffer.from(right.id));
}
