/** What a handler calls to tell of itself. */

/** How far a job is; what is left out is not known. `percent` follows from `done` and `total` where those are given. */
export interface ProgressParts {
  /** 0 to 100. */
  readonly percent?: number | undefined;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  /** Anything JSON holds, up to 16 KiB. */
  readonly details?: unknown;
}

/** Adds lines to the job's log; called by itself it is `info`. */
export interface JobLog {
  (message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
