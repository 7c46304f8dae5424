/** What the audit keeps of clean-ups that somebody has done. */
import type { AuditEntry } from "../model/audit.ts";
import { type AuditedJob, type AuditedRun, jobEntries, runEntries } from "../model/audit-entry.ts";
import type { CleanUpOptions } from "./control-store.ts";
import type { RunCleanUpOptions } from "./run-store.ts";

/** The entries of the jobs that were forgotten. */
export function cleanUpEntries(
  { note = {}, ...which }: CleanUpOptions,
  jobs: readonly AuditedJob[],
): readonly AuditEntry[] {
  return jobEntries(note, { type: "job.cleaned-up", action: "cleanUp", jobs, details: detailsOf(which) });
}

/** The entries of the runs that were forgotten. */
export function runCleanUpEntries(
  { note = {}, ...which }: RunCleanUpOptions,
  runs: readonly AuditedRun[],
): readonly AuditEntry[] {
  return runEntries(note, { type: "run.cleaned-up", action: "cleanUpRuns", runs, details: detailsOf(which) });
}

function detailsOf({
  olderThanMs,
  states,
}: Pick<CleanUpOptions | RunCleanUpOptions, "olderThanMs" | "states">) {
  return { olderThanMs, states: [...new Set<string>(states)].sort() };
}
