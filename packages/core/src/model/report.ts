/** What a running job tells of itself: its progress, and lines of its log. */
import type { Json } from "./json.ts";

/** How grave a log line is. */
export const LOG_LEVELS = ["info", "warn", "error"] as const;
export type JobLogLevel = (typeof LOG_LEVELS)[number];

/** Lines kept of one generation of a job, and bytes of UTF-8 of one line. */
export const LOG_LIMITS: { readonly lines: number; readonly lineBytes: number } = Object.freeze({
  lines: 1_000,
  lineBytes: 2_048,
});

/** A line on its way into a store. */
export interface LogLine {
  readonly level: JobLogLevel;
  readonly line: string;
  /** How long before the write it was logged, in ms. */
  readonly ageMs: number;
}

/** Lines of one write: at most {@link LOG_LIMITS}`.lines`, after `skipped` ones that were dropped before them. */
export interface LogPart {
  readonly skipped: number;
  readonly lines: readonly LogLine[];
}

/** A line as a store shows it. `seq` counts a generation's lines from 1, also those dropped since. */
export interface LogRow {
  readonly generation: number;
  readonly seq: number;
  readonly atMs: number;
  readonly level: JobLogLevel;
  readonly line: string;
}

/** How far a job is, as people see it; what is not known is `null`. */
export interface JobProgress {
  /** 0 to 100. */
  readonly percent: number | null;
  readonly done: number | null;
  readonly total: number | null;
  readonly details: Json;
}

/** Reads what was kept of a job's progress; `null` where nothing was, or nothing that can be read. */
export function decodeProgress(text: string | undefined): JobProgress | null {
  if (text === undefined) return null;
  try {
    const value = JSON.parse(text) as Partial<JobProgress> | null; // only workers write it
    const { percent = null, done = null, total = null, details = null } = value ?? {};
    return { percent, done, total, details };
  } catch {
    return null;
  }
}
