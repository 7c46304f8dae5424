/** What every store refuses of schedules and their fires before it changes anything. */
import { MillraceError } from "../model/errors.ts";
import { checkJobs } from "./checks.ts";
import { checkRun } from "./run-checks.ts";
import type { NewSchedule, ScheduleFire } from "./schedule-store.ts";
import { checkText, checkWhole } from "./value-checks.ts";

/**
 * Checks a schedule as {@link checkJobs} checks jobs.
 * @throws MillraceError `bad-input` naming the schedule and the field; nothing of the call is applied.
 */
export function checkSchedule({ id, tenant, definition, nextMs }: NewSchedule): void {
  checkScheduleId(id);
  checkText(tenant, () => `schedule ${id}`, "tenant");
  checkText(definition, () => `schedule ${id}`, "definition");
  checkWhole(nextMs ?? 0, () => `schedule ${id}`, "nextMs");
}

/** @throws MillraceError `bad-input` for an id that no store can keep. */
export function checkScheduleId(id: string): void {
  checkText(id, () => `schedule ${JSON.stringify(id)}`, "id");
}

/**
 * Checks fires, their jobs as {@link checkJobs} does and their runs as {@link checkRun} does.
 * @throws MillraceError `bad-input` for what no store can keep; `bad-usage` for two fires of one schedule in one call.
 */
export function checkFires(fires: readonly ScheduleFire[]): void {
  const seen = new Set<string>();
  for (const fire of fires) {
    const { id } = fire.schedule;
    if (seen.has(id)) throw new MillraceError("bad-usage", `two fires of schedule ${id} in one call`);
    seen.add(id);
    checkFire(fire);
  }
}

function checkFire({ schedule: { id }, due, missed, fire, nextMs }: ScheduleFire): void {
  checkScheduleId(id);
  const times = [due === "manual" ? 0 : due.at, missed?.fromMs, missed?.beforeMs, fire?.fireMs, nextMs];
  for (const time of times) checkWhole(time ?? 0, () => `schedule ${id}`, "time");
  if (fire?.run !== undefined) checkRun(fire.run, fire.job);
  else if (fire !== undefined) checkJobs([fire.job]);
}
