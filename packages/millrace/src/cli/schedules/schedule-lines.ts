/** A schedule as people read it. */
import type { FireView, ScheduleRecord } from "@millrace/core";

/** `0 3 * * * Europe/Berlin`, `every 600 s`. */
export function timingWords({ timing }: ScheduleRecord): string {
  if (timing === null) return "(of a newer version)";
  return timing.kind === "cron" ? `${timing.cron} ${timing.zone}` : `every ${timing.everyMs / 1_000} s`;
}

/** The job it makes, or the batch it starts. */
export function jobWords({ job, run }: ScheduleRecord): string {
  return job?.name ?? run?.definition ?? "";
}

/** All of it, line by line. */
export function scheduleLines(schedule: ScheduleRecord): readonly string[] {
  const { timing, misfire, overlap, job, run } = schedule;
  const facts: readonly (readonly [string, string | null])[] = [
    ["schedule", schedule.id],
    ["times", timingWords(schedule)],
    ["clocks", timing?.kind === "cron" ? `left out: ${timing.gap}, shown twice: ${timing.overlap}` : null],
    ["job", job === null ? null : `${job.name} on ${job.queue} (${job.priority})`],
    ["input", job === null ? null : JSON.stringify(job.input).slice(0, 500)],
    ["run", run === null ? null : `${run.definition} ${run.instance} on ${run.queue} (${run.priority})`],
    ["params", run === null ? null : JSON.stringify(run.params).slice(0, 500)],
    ["tenant", schedule.tenant === "" ? null : schedule.tenant],
    ["misfire", misfire?.kind === "backfill" ? `backfill ${misfire.max}` : (misfire?.kind ?? null)],
    ["overlap", overlap],
    ["next", schedule.paused ? "paused" : (schedule.nextAt ?? "never")],
    ["last", schedule.lastAt],
    ["changed", `${schedule.changedAt} (revision ${schedule.revision})`],
  ];
  const shown = facts.flatMap(([name, value]) => (value === null ? [] : [`${name.padEnd(10)}${value}`]));
  return [...shown, ...schedule.recent.map(fireLine)];
}

function fireLine({ at, before, outcome, reason, job, run, manual }: FireView): string {
  const until = before === null ? "" : ` and on, before ${before}`;
  const why = reason === null ? "" : ` (${reason})`;
  const of = run === null ? (job === null ? "" : `, job ${job}`) : `, run ${run}`;
  return `${outcome}${why} ${at}${until}${of}${manual ? ", by hand" : ""}`;
}
