/** Stores whose schedules break a rule, one each: the memory store behind a wrapper. */
import type { ScheduleFire, Store } from "@millrace/core";
import type { Mutant } from "./mutant.fixture.ts";
import { mutant } from "./wrapper-mutants.fixture.ts";

/** Every mutant of schedules and their fires. */
export const SCHEDULE_MUTANTS: readonly Mutant[] = [
  mutant("an unchanged schedule is planned anew", (store) => ({
    setSchedule: async (schedule, note) => {
      const [row] = (await store.findSchedules({ ids: [schedule.id] }, { limit: 1 })).rows;
      if (row?.definition !== schedule.definition) return store.setSchedule(schedule, note);
      await store.setSchedule({ ...schedule, definition: `${schedule.definition} ` });
      await store.setSchedule(schedule);
      return "unchanged";
    },
  })),
  mutant("a paused schedule is due", (store) => ({
    pauseSchedule: async (id) =>
      (await store.findSchedules({ ids: [id] }, { limit: 1 })).rows.length > 0 ? "paused" : "not-found",
  })),
  fires("a fire is made by whoever comes, however long ago it was read", async (fire, store) => {
    const [row] = (await store.findSchedules({ ids: [fire.schedule.id] }, { limit: 1 })).rows;
    if (row === undefined || fire.due === "manual") return fire;
    return { ...fire, schedule: row, due: { at: row.nextMs ?? fire.due.at } };
  }),
  fires("live jobs of earlier fires are in nobody's way", async (fire) => ({ ...fire, overlap: "allow" })),
  fires("a job that runs is in the way as one that waits", async (fire) =>
    fire.overlap === "queue-one" ? { ...fire, overlap: "skip" } : fire,
  ),
  mutant("a schedule is set and the audit does not say so", (store) => ({
    setSchedule: (schedule) => store.setSchedule(schedule),
  })),
  mutant("a schedule is held and the audit does not say so", (store) => ({
    pauseSchedule: (id) => store.pauseSchedule(id),
  })),
  mutant("a fire by hand leaves nothing in the audit", (store) => ({
    fireSchedules: (all) => store.fireSchedules(all),
  })),
  fires("nobody is told which fires were missed", async (fire) => ({ ...fire, missed: undefined })),
];

function fires(name: string, alter: (fire: ScheduleFire, store: Store) => Promise<ScheduleFire>): Mutant {
  return mutant(name, (store) => ({
    fireSchedules: async (all, note) =>
      store.fireSchedules(await Promise.all(all.map((fire) => alter(fire, store))), note),
  }));
}
