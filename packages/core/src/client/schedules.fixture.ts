import type { JobInfo } from "../job/context.ts";
import { defineJob } from "./define-job.ts";

export const HOUR_MS = 3_600_000;

/** A job that notes the times it was made for. */
export function noting() {
  const noted: string[] = [];
  const job = defineJob({
    name: "report",
    run: (input: { readonly to: string }, ctx) => {
      noted.push(`${input.to} ${timeOf(ctx.job)}`);
    },
  });
  return { job, noted };
}

export function timeOf({ schedule }: JobInfo): string {
  return schedule?.at.toISOString().slice(11, 19) ?? "never";
}
