/** What a filter looks for in the texts of a job that stores keep and otherwise never read. */
import { openEnvelope } from "./envelope.ts";
import type { JobRow } from "./job.ts";

/** A job's tags; none of an envelope that this version cannot open. */
export function tagsOf(envelope: string): readonly string[] {
  try {
    return openEnvelope(envelope).tags ?? [];
  } catch {
    return [];
  }
}

/** A text that stands in an envelope, or a record, that holds this text as a JSON string. */
export function markOf(text: string): string {
  return JSON.stringify(text);
}

/** Whether the job failed so: as it died, or by its last record where it did not complete. */
export function hasFailedSo(
  { state, fingerprint: ofDead, records }: Pick<JobRow, "state" | "fingerprint" | "records">,
  fingerprint: string,
): boolean {
  if (state === "dead") return ofDead === fingerprint;
  if (state === "completed") return false;
  const last = records.slice(records.lastIndexOf("\n") + 1);
  return last.includes(`"fingerprint":${markOf(fingerprint)}`);
}
