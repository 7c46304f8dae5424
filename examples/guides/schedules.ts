import { defineJob, type Millrace } from "millrace";

/** Sums up the day before the time it is for. */
export const report = defineJob({
  name: "report.daily",
  run: async (input: { to: string }, ctx) => {
    const at = ctx.job.schedule?.at ?? new Date();
    return `${input.to}: the day before ${at.toISOString().slice(0, 10)}`;
  },
});

export const sync = defineJob({ name: "sync", run: async () => "in step" });

/** At every start of the program: what has not changed stays as it is. */
export async function setUp(mr: Millrace): Promise<void> {
  await mr.schedule("daily-report", {
    cron: "30 2 * * *",
    zone: "Europe/Berlin",
    run: report,
    input: { to: "ann@example.com" },
  });
  await mr.schedule("sync", { every: "10m", run: sync, overlap: "skip" });
}

/** A day's fires that were missed are each made up for, a month of them at most. */
export async function backfill(mr: Millrace): Promise<void> {
  await mr.schedule("daily-report", {
    cron: "30 2 * * *",
    zone: "Europe/Berlin",
    run: report,
    input: { to: "ann@example.com" },
    misfire: { backfill: 31 },
    job: { priority: "low", ttl: "2d" },
  });
}

/** What comes when clocks are put forward. */
export async function preview(mr: Millrace) {
  const times = { cron: "30 2 * * *", zone: "Europe/Berlin" };
  const run = await mr.schedules.preview(times, 3);
  const skip = await mr.schedules.preview({ ...times, dst: { gap: "skip" } }, 3);
  return { run, skip };
}

/** By hand. */
export async function operate(mr: Millrace) {
  await mr.schedules.pause("sync");
  const fired = await mr.schedules.run("sync");
  const skipped = await mr.schedules.run("sync");
  await mr.schedules.resume("sync");
  const { text } = await mr.schedules.why("sync");
  return { fired, skipped, text };
}
