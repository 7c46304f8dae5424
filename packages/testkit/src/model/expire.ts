/** How the reference model ends jobs that were queued for too long. */
import type { ExpireReport } from "@millrace/core";
import { type Answer, type ModelJob, type ModelState, noted, withJob } from "./state.ts";
import { wake } from "./wake.ts";

/** Ends at most `limit` queued jobs past their expiry, first expired first, then by id. */
export function expire(state: ModelState, limit: number): Answer<ExpireReport> {
  const over = [...state.jobs.values()]
    .filter((job) => job.place === "queued" && isExpired(job, state.nowMs))
    .sort(byExpiry);
  const ended = over.slice(0, limit).map((job) => endedAt(job, state.nowMs));
  return {
    state: wake(ended.reduce((before, job) => noted(withJob(before, job), "expired", job.spec.id), state)),
    answer: { expired: ended.length, more: over.length > limit },
  };
}

/** Whether a queued job is past its expiry. */
export function isExpired(job: ModelJob, nowMs: number): boolean {
  return job.expiresAtMs !== undefined && job.expiresAtMs <= nowMs;
}

function byExpiry(left: ModelJob, right: ModelJob): number {
  return (left.expiresAtMs ?? 0) - (right.expiresAtMs ?? 0) || (left.spec.id < right.spec.id ? -1 : 1);
}

function endedAt(job: ModelJob, nowMs: number): ModelJob {
  return { ...job, place: "expired", finishedAtMs: nowMs, holdsKey: false };
}
