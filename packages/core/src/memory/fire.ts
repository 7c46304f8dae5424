/** fireSchedules: makes fires whose schedules are still as their callers have read them. */
import { type ControlNote, FIRE_NOTE } from "../model/control-note.ts";
import { afterFire, type FireOutcome, type FireVerdict, fireVerdict } from "../model/fire-verdict.ts";
import type { JobId } from "../model/ids.ts";
import type { RunStart } from "../model/run.ts";
import type { Accepted } from "../store/job-store.ts";
import { type AuditedFire, fireEntries } from "../store/schedule-entries.ts";
import {
  type FireAnswer,
  fireAnswer,
  outcomeOfJob,
  outcomeOfRun,
  type ScheduleFire,
  type ScheduleRow,
} from "../store/schedule-store.ts";
import { cancel } from "./cancel.ts";
import { enqueue } from "./enqueue.ts";
import type { Memory } from "./memory.ts";
import { cancelRunsOf, isKnownRun, startRun } from "./run-verbs.ts";

/** A fire of a schedule that is still as it was read, and what is to be done about it. */
interface Judged {
  readonly fire: ScheduleFire;
  readonly row: ScheduleRow;
  /** Left out where only missed fires are to be noted. */
  readonly verdict: FireVerdict | undefined;
}

/** The port's fireSchedules. */
export function fireSchedules(
  memory: Memory,
  fires: readonly ScheduleFire[],
  note: ControlNote,
): FireAnswer[] {
  const judged = fires.map((fire) => judge(memory, fire));
  const cancels = judged.flatMap((each) => (each?.verdict?.kind === "make" ? each.verdict.cancels : []));
  cancelRunsOf(memory, cancels);
  cancel(memory, cancels, FIRE_NOTE);
  const made = judged.flatMap((each) => (each?.verdict?.kind === "make" ? (each.fire.fire ?? []) : []));
  const jobs = made.flatMap(({ run, job }) => (run === undefined ? job : []));
  const accepted = enqueue(memory, jobs, { resend: true }).values();
  const audited: AuditedFire[] = [];
  const answers = judged.map((each): FireAnswer => {
    if (each === undefined) return { result: "stale" };
    const outcome = finish(memory, each, accepted);
    audited.push({ row: each.row, due: each.fire.due, outcome });
    return fireAnswer(outcome);
  });
  memory.audit.append(fireEntries(note, audited), memory.clock.now());
  return answers;
}

function judge(memory: Memory, fire: ScheduleFire): Judged | undefined {
  const row = memory.schedules.current(fire.schedule);
  if (row === undefined) return undefined;
  const isDue = fire.due === "manual" || (!row.paused && row.nextMs === fire.due.at);
  if (!isDue) return undefined;
  const live = liveJobs(memory, row.jobs).filter(({ id }) => id !== fire.fire?.job.id);
  return { fire, row, verdict: fire.fire && fireVerdict(fire.overlap, live) };
}

function liveJobs(memory: Memory, ids: readonly JobId[]) {
  return ids.flatMap((id) => {
    const job = memory.jobs.get(id);
    if (job === undefined || job.phase.kind === "ended") return [];
    return [{ id, isInLine: job.phase.kind === "queued" }];
  });
}

function finish(memory: Memory, { fire, row, verdict }: Judged, accepted: Iterator<Accepted>): FireOutcome {
  const outcome = verdict && outcomeOf(memory, { fire, verdict, accepted });
  const live = row.jobs.filter((id) => memory.jobs.isLive(id));
  const fired = afterFire(row, fire, { outcome, live, nowMs: memory.clock.now() });
  memory.schedules.put({ ...row, ...fired });
  return outcome;
}

interface Making {
  readonly fire: ScheduleFire;
  readonly verdict: FireVerdict;
  /** Answers to the jobs of fires that were to be made, in order. */
  readonly accepted: Iterator<Accepted>;
}

function outcomeOf(memory: Memory, { fire, verdict, accepted }: Making): FireOutcome {
  if (verdict.kind === "leave") return { outcome: "skipped", reason: "overlap", job: verdict.job };
  if (fire.fire?.run === undefined) return outcomeOfJob(accepted.next().value);
  const { run, job } = fire.fire;
  const start: RunStart = isKnownRun(memory, run.id)
    ? { result: "started", run: run.id }
    : startRun(memory, run, job);
  const active = start.result === "resumed" ? memory.runs.get(start.run)?.coordinator : undefined;
  return outcomeOfRun(run, job.id, active === undefined ? start : { ...start, active });
}
