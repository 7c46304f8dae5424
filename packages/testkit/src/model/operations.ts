/** Operations in the reference model: which jobs they are for, whose turn it is, and what comes of a page. */
import type {
  ControlNote,
  JobId,
  JobRow,
  NewOperation,
  OperationFilter,
  OperationId,
  OperationPage,
  OperationRow,
  OperationsFilter,
  OperationTurn,
  OperationWork,
  TakeOptions,
} from "@millrace/core";
import { cancel, deleteJobs, retry } from "./control.ts";
import { jobsOf } from "./listing.ts";
import { reprioritise } from "./reprioritise.ts";
import { type Answer, isLive, type ModelOperation, type ModelState, withJob } from "./state.ts";

/** How often the jobs of a canary are looked at. */
const CANARY_MS = 1_000;

/** Adds an operation. */
export function startOperation(state: ModelState, operation: NewOperation): Answer<"started" | "exists"> {
  if (state.operations.has(operation.id)) return { state, answer: "exists" };
  const counts = {
    turn: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    problems: [],
    canaryJobs: [],
    isCanaryPassed: false,
  };
  const row: OperationRow = { ...operation, ...counts, state: "running", createdAtMs: state.nowMs };
  return { state: withOperation(state, { row, dueAtMs: state.nowMs, cursor: "" }), answer: "started" };
}

function withOperation(state: ModelState, operation: ModelOperation): ModelState {
  return { ...state, operations: new Map(state.operations).set(operation.row.id, operation) };
}

/** The matching operations, newest first. */
export function operationsOf(state: ModelState, { ids, states }: OperationsFilter): readonly OperationRow[] {
  return [...state.operations.values()]
    .map(({ row }) => row)
    .filter((row) => (ids?.includes(row.id) ?? true) && (states?.includes(row.state) ?? true))
    .sort((left, right) => (left.id > right.id ? -1 : 1));
}

/** Jobs an operation is for, by id. */
export function membersOf(state: ModelState, filter: OperationFilter, beganAtMs: number): readonly JobRow[] {
  const isInTime = (row: JobRow) => (row.finishedAtMs ?? row.createdAtMs) <= beganAtMs;
  return jobsOf(state, filter)
    .filter((row) => isInTime(row) && (filter.fingerprint ?? row.fingerprint) === row.fingerprint)
    .toReversed();
}

/** Gives the next page of what is due. */
export function takeOperation(state: ModelState, options: TakeOptions): Answer<OperationTurn | undefined> {
  const [due] = [...state.operations.values()]
    .filter(({ row }) => options.only === undefined || row.id === options.only)
    .filter(
      ({ row, dueAtMs }) => (row.state === "running" || row.state === "canary") && dueAtMs <= state.nowMs,
    )
    .sort((left, right) => left.dueAtMs - right.dueAtMs || (left.row.id < right.row.id ? -1 : 1));
  if (due === undefined) return { state, answer: undefined };
  if (due.row.state === "canary") return takeOperation(withOperation(state, lookedAt(state, due)), options);
  const row = { ...due.row, turn: due.row.turn + 1 };
  const next = withOperation(state, { ...due, row, dueAtMs: state.nowMs + options.leaseMs });
  return { state: next, answer: turnOf(state, { ...due, row }, options.limit) };
}

/** A canary whose jobs all have ended is over, well or not. */
function lookedAt(state: ModelState, operation: ModelOperation): ModelOperation {
  const { row } = operation;
  const jobs = row.canaryJobs.map((id) => state.jobs.get(id));
  if (jobs.some((job) => job !== undefined && isLive(job))) {
    return { ...operation, dueAtMs: state.nowMs + CANARY_MS };
  }
  const completed = jobs.filter((job) => job?.place === "completed").length;
  const needed = Math.ceil(((row.canary?.minCompleted ?? 0) / 100) * jobs.length);
  if (completed >= needed) {
    return { ...operation, row: { ...row, state: "running", isCanaryPassed: true }, dueAtMs: state.nowMs };
  }
  const error = `of the canary's ${jobs.length} jobs ${completed} completed; ${needed} had to`;
  return { ...operation, row: { ...row, state: "failed", error, finishedAtMs: state.nowMs } };
}

function turnOf(state: ModelState, { row, cursor }: ModelOperation, limit: number): OperationTurn {
  const isTrying = row.canary !== undefined && !row.isCanaryPassed;
  const most = Math.min(
    row.patch === undefined ? limit : Math.min(limit, 50),
    row.perSecond === undefined ? limit : Math.max(1, Math.floor(row.perSecond)),
    isTrying ? (row.canary?.jobs ?? 0) - row.canaryJobs.length : limit,
  );
  const left = membersOf(state, row.filter, row.createdAtMs).filter(({ id }) => id > cursor);
  const members = left.slice(0, most).map(({ id, generation, name, envelope }) => ({
    ...{ id, generation, name },
    envelope: row.patch === undefined ? undefined : envelope,
  }));
  return { operation: row, members, reached: members.at(-1)?.id, isLast: members.length < most };
}

/** Has a page take effect. */
export function advanceOperation(state: ModelState, page: OperationPage): Answer<"applied" | "fenced"> {
  const operation = state.operations.get(page.id);
  if (operation?.row.state !== "running" || operation.row.turn !== page.turn)
    return { state, answer: "fenced" };
  const { row } = operation;
  const work = page.members.filter(({ problem }) => problem === undefined);
  const { state: after, answer: done } = pageDone(state, row, page);
  const counted = {
    ...row,
    done: row.done + done.length,
    skipped: row.skipped + work.length - done.length,
    failed: row.failed + page.members.length - work.length,
    problems: [...row.problems, ...page.members.flatMap(problemOf)].slice(0, 20),
  };
  const moved = standing(counted, done, page.isLast);
  const rests = row.perSecond === undefined ? 0 : Math.ceil((done.length * 1_000) / row.perSecond);
  const next: ModelOperation = {
    row: moved.state === "completed" ? { ...moved, finishedAtMs: state.nowMs } : moved,
    dueAtMs: state.nowMs + (moved.state === "canary" ? CANARY_MS : rests),
    cursor: page.reached ?? operation.cursor,
  };
  return { state: withOperation(after, next), answer: "applied" };
}

/** What a page does to its jobs, and to which of them. */
export function pageDone(
  state: ModelState,
  row: OperationRow,
  { members }: Pick<OperationPage, "members">,
): Answer<readonly JobId[]> {
  const meant = membersOf(state, row.filter, row.createdAtMs);
  const same = members.filter(
    ({ id, generation, problem }) =>
      problem === undefined && meant.some((one) => one.id === id && one.generation === generation),
  );
  const after = acted(state, row, same);
  const done = same.flatMap(({ id }, index) => (isEffect(after.answer[index]) ? id : []));
  return { state: after.state, answer: done };
}

function standing(row: OperationRow, done: readonly JobId[], isLast: boolean): OperationRow {
  const { canary, isCanaryPassed } = row;
  if (canary === undefined || isCanaryPassed) return { ...row, state: isLast ? "completed" : "running" };
  const canaryJobs = [...row.canaryJobs, ...done];
  const waits = canaryJobs.length === canary.jobs || (isLast && canaryJobs.length > 0);
  return { ...row, canaryJobs, state: waits ? "canary" : isLast ? "completed" : "running" };
}

function problemOf({ id, problem }: OperationWork) {
  return problem === undefined ? [] : [{ job: id, message: problem }];
}

function isEffect(answer: unknown): boolean {
  const isChange = answer !== "unchanged" && answer !== "not-in-line";
  return isChange && answer !== "still-live" && answer !== "already-finished" && answer !== "not-found";
}

function acted(
  state: ModelState,
  { action, note, priority }: OperationRow,
  work: readonly OperationWork[],
): Answer<readonly unknown[]> {
  const ids = work.map(({ id }) => id);
  if (action === "cancel") return cancel(state, ids, note);
  if (action === "delete") return deleteJobs(state, ids);
  if (action === "reprioritise" && priority !== undefined) return reprioritise(state, ids, priority);
  const retried = retry(state, ids, note);
  return { ...retried, state: work.reduce(patched, retried.state) };
}

function patched(state: ModelState, { id, envelope }: OperationWork): ModelState {
  const job = state.jobs.get(id);
  if (job === undefined || envelope === undefined) return state;
  return withJob(state, { ...job, spec: { ...job.spec, envelope } });
}

/** Ends an operation. */
export function abortOperation(
  state: ModelState,
  id: OperationId,
  { reason, by }: ControlNote,
): Answer<"aborted" | "already-finished" | "not-found"> {
  const operation = state.operations.get(id);
  if (operation === undefined) return { state, answer: "not-found" };
  const { row } = operation;
  if (row.state !== "running" && row.state !== "canary") return { state, answer: "already-finished" };
  const error = `aborted${by === undefined ? "" : ` by ${by}`}${reason === undefined ? "" : `: ${reason}`}`;
  const ended: OperationRow = { ...row, state: "aborted", error, finishedAtMs: state.nowMs };
  return { state: withOperation(state, { ...operation, row: ended }), answer: "aborted" };
}
