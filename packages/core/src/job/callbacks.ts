/** What a definition wants to be told of its jobs, in the worker that runs them. */
import type { JobProgress } from "../model/report.ts";
import type { JobInfo } from "./context.ts";

/** A job of which an attempt failed. */
export interface FailedJob extends JobInfo {
  /** The number of the attempt that failed. */
  readonly attempt: number;
  /** Whether it is tried again; else the job is dead. */
  readonly willRetry: boolean;
}

/**
 * Called in the worker that ran the attempt, once the store has applied what they tell; nobody waits for them. One
 * that throws or rejects is reported and changes nothing. A job whose worker vanishes is told by events only, and so is
 * one that was cancelled while it ran: whatever its handler did, it has neither completed nor failed.
 * `progress` gets the latest word of each write that carries one: at most two a second, and the last with the end.
 */
export interface JobCallbacks<Result = unknown> {
  // Methods, so that callbacks of different results fit in one list.
  progress?(progress: JobProgress, job: JobInfo): unknown;
  complete?(result: Result, job: JobInfo): unknown;
  error?(error: unknown, job: FailedJob): unknown;
}

export const CALLBACKS: readonly (keyof JobCallbacks)[] = ["progress", "complete", "error"];
