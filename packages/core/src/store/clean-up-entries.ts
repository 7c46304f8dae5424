/** What the audit keeps of a clean-up that somebody has done. */
import type { AuditEntry } from "../model/audit.ts";
import { type AuditedJob, jobEntries } from "../model/audit-entry.ts";
import type { CleanUpOptions } from "./control-store.ts";

/** The entries of the jobs that were forgotten. */
export function cleanUpEntries(
  { note = {}, olderThanMs, states }: CleanUpOptions,
  jobs: readonly AuditedJob[],
): readonly AuditEntry[] {
  const details = { olderThanMs, states: [...new Set(states)].sort() };
  return jobEntries(note, { type: "job.cleaned-up", action: "cleanUp", jobs, details });
}
