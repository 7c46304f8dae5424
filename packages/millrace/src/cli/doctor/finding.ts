/** What a look at one thing found: how it is, and what to do about it. */
import type { Count } from "@millrace/postgres";
import { counted } from "../words.ts";

/** One thing that was looked at. */
export interface Finding {
  /** `note`: works, but worth knowing. `problem`: somebody has to do something. */
  readonly level: "ok" | "note" | "problem";
  readonly what: string;
  /** Where it is: a store, a table, a queue, a session; `null` where `what` says all. */
  readonly where: string | null;
  readonly says: string;
  /** What to do; `null` where there is nothing to do. */
  readonly todo: string | null;
}

/** What of a finding is not the same for all of its level. */
type Found = Pick<Finding, "what" | "says"> & { readonly where?: string | undefined };

export function ok({
  where = null,
  ...found
}: Omit<Found, "where"> & { readonly where?: string | null }): Finding {
  return { level: "ok", ...found, where, todo: null };
}

export function note(found: Found & { readonly todo?: string | undefined }): Finding {
  return { level: "note", ...found, where: found.where ?? null, todo: found.todo ?? null };
}

export function problem(found: Found & { readonly todo: string }): Finding {
  return { level: "problem", ...found, where: found.where ?? null };
}

/** `3 rows`; `10,000+ rows` where the count has stopped. */
export function howMany({ count, isMore }: Count, what: string): string {
  return isMore ? `${count.toLocaleString("en-US")}+ ${what}s` : counted(count, what);
}

/** `45 s`, `3 min`, `5 h`, `12 d`: rounded down. */
export function longFor(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
