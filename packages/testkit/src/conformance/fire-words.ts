/** Short words for the fires that rules make. */
import type { FireAnswer, NewJob, Overlap, ScheduleFire, ScheduleRow } from "@millrace/core";
import { HOUR_MS, newJob } from "./builders.ts";
import type { Scene } from "./scene.ts";
import { scheduleRow } from "./schedules.ts";

/** What is given of a fire that is else made when due, of a job of its own, an hour before the next. */
export type FireGiven = Partial<Omit<ScheduleFire, "fire">> & {
  readonly job?: Partial<NewJob>;
  readonly makes?: boolean;
};

/** The next fire of a schedule, not made yet. */
export function fireOf(row: ScheduleRow, { job, makes = true, ...given }: FireGiven = {}): ScheduleFire {
  const at = row.nextMs ?? 0;
  const fire = makes ? { fire: { fireMs: at, job: newJob(job) } } : {};
  return { schedule: row, due: { at }, overlap: "allow", nextMs: at + HOUR_MS, ...fire, ...given };
}

/** Makes it. */
export async function fire(
  scene: Scene,
  row: ScheduleRow,
  given: FireGiven = {},
): Promise<FireAnswer | undefined> {
  return (await scene.store.fireSchedules([fireOf(row, given)]))[0];
}

/** Makes the next fire an hour later. */
export async function fireAgain(
  scene: Scene,
  overlap: Overlap,
  job: Partial<NewJob> = {},
): Promise<FireAnswer | undefined> {
  await scene.advance(HOUR_MS);
  return fire(scene, await scheduleRow(scene), { overlap, job });
}
