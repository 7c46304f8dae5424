/** fireSchedules on SQL, in a transaction: the schedules' rows are locked, then jobs cancelled, then jobs enqueued. */
import {
  type Accepted,
  afterFire,
  type ControlNote,
  FIRE_NOTE,
  type FireAnswer,
  type FireOutcome,
  type FireVerdict,
  fireAnswer,
  fireEntries,
  fireVerdict,
  type JobId,
  type LiveJob,
  type NewJob,
  type NewRun,
  outcomeOfJob,
  outcomeOfRun,
  type ScheduleFire,
  type ScheduleRow,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { cancel } from "./cancel.ts";
import { enqueue } from "./enqueue.ts";
import { isKnownRun, openRun, type Started } from "./runs.ts";
import { type StoredSchedule, scheduleOf } from "./schedules.ts";
import type { Session } from "./session.ts";

/** A fire of a schedule that is still as it was read, and is ours for now. */
interface Judged {
  readonly fire: ScheduleFire;
  readonly row: ScheduleRow;
  /** Left out where only missed fires are to be noted. */
  readonly verdict: FireVerdict | undefined;
}

/** The port's fireSchedules, within a transaction. */
export async function fireSchedules(
  session: Session,
  fires: readonly ScheduleFire[],
  note: ControlNote,
): Promise<readonly FireAnswer[]> {
  const locked = await session.run<LockedRow>("schedule/lock", [JSON.stringify(fires.map(versionOf))]);
  const [first] = locked;
  if (first === undefined) return fires.map(() => ({ result: "stale" }));
  const rows = locked.map(scheduleOf);
  const live = await liveJobs(session, rows);
  const judged = judge(fires, rows, live);
  const ended = await cancelAll(session, judged);
  const outcomes = await outcomesOf(session, judged, await enqueueAll(session, judged));
  const isLive = (id: JobId) => live.has(id) && !ended.has(id);
  const after = judged.map(({ fire, row }, index) => {
    const by = { outcome: outcomes[index], live: row.jobs.filter(isLive), nowMs: Number(first.now) };
    const { nextMs, lastMs, jobs, recent } = afterFire(row, fire, by);
    return { id: row.id, next: nextMs, last: lastMs, jobs, recent: JSON.stringify(recent) };
  });
  await session.run("schedule/fired", [JSON.stringify(after)]);
  const made = judged.map(({ fire, row }, index) => ({ row, due: fire.due, outcome: outcomes[index] }));
  await appendAudit(session, fireEntries(note, made));
  const answers = new Map(judged.map(({ row }, index) => [row.id, fireAnswer(outcomes[index])]));
  return fires.map(({ schedule }) => answers.get(schedule.id) ?? { result: "stale" });
}

interface LockedRow extends StoredSchedule {
  readonly now: string;
}

function versionOf({ schedule, due }: ScheduleFire): object {
  const { id, createdAtMs, revision } = schedule;
  return { id, created: createdAtMs, revision, due: due === "manual" ? null : due.at };
}

async function liveJobs(
  session: Session,
  rows: readonly ScheduleRow[],
): Promise<ReadonlyMap<JobId, LiveJob>> {
  const ids = rows.flatMap(({ jobs }) => jobs);
  if (ids.length === 0) return new Map();
  const found = await session.run<{ id: JobId; in_line: boolean }>("schedule/jobs", [ids]);
  return new Map(found.map(({ id, in_line: isInLine }) => [id, { id, isInLine }]));
}

/** In the order of the call. */
function judge(
  fires: readonly ScheduleFire[],
  rows: readonly ScheduleRow[],
  live: ReadonlyMap<JobId, LiveJob>,
): readonly Judged[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return fires.flatMap((fire) => {
    const row = byId.get(fire.schedule.id);
    if (row === undefined) return [];
    const jobs = row.jobs.flatMap((id) => (id === fire.fire?.job.id ? [] : (live.get(id) ?? [])));
    return [{ fire, row, verdict: fire.fire && fireVerdict(fire.overlap, jobs) }];
  });
}

/** Cancels what the fires want cancelled; gives those that have ended by it. */
async function cancelAll(session: Session, judged: readonly Judged[]): Promise<ReadonlySet<JobId>> {
  const ids = judged.flatMap(({ verdict }) => (verdict?.kind === "make" ? verdict.cancels : []));
  if (ids.length === 0) return new Set();
  await session.run("run/cancelling", [ids]);
  const answers = await cancel(session, ids, FIRE_NOTE);
  return new Set(ids.filter((_, index) => answers[index] !== "cancelling"));
}

async function enqueueAll(session: Session, judged: readonly Judged[]): Promise<readonly Accepted[]> {
  const jobs = judged.flatMap(({ fire, verdict }) =>
    verdict?.kind === "make" && fire.fire?.run === undefined ? (fire.fire?.job ?? []) : [],
  );
  return jobs.length === 0 ? [] : enqueue(session, { jobs, resend: true });
}

/** Starts the runs of the fires to be made. `accepted`: answers to the jobs of the others, in order. */
async function outcomesOf(
  session: Session,
  judged: readonly Judged[],
  accepted: readonly Accepted[],
): Promise<readonly FireOutcome[]> {
  const answers = accepted.values();
  const outcomes: FireOutcome[] = [];
  for (const { verdict, fire } of judged) {
    if (verdict?.kind === "leave") outcomes.push({ outcome: "skipped", reason: "overlap", job: verdict.job });
    else if (verdict !== undefined && fire.fire?.run !== undefined) {
      outcomes.push(await startedBy(session, fire.fire.run, fire.fire.job));
    } else {
      const answer = verdict === undefined ? undefined : answers.next().value;
      outcomes.push(answer && outcomeOfJob(answer));
    }
  }
  return outcomes;
}

async function startedBy(session: Session, run: NewRun, job: NewJob): Promise<FireOutcome> {
  const isKnown = await isKnownRun(session, run.id);
  const start: Started = isKnown ? { result: "started", run: run.id } : await openRun(session, run, job);
  return outcomeOfRun(run, job.id, start);
}
