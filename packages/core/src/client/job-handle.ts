/** What enqueue gives: a job's id, and its result once there is one. */
import { decodeAttempts } from "../model/attempt.ts";
import { type Duration, durationMs } from "../model/duration.ts";
import { MillraceError } from "../model/errors.ts";
import type { JobId } from "../model/ids.ts";
import type { JobRow } from "../model/job.ts";
import type { CancelAnswer } from "../store/control-store.ts";
import type { JobControl } from "./job-control.ts";
import type { Waiter } from "./waiter.ts";

/** How long to wait for a result. */
export interface ResultOptions {
  /** For ever where left out. */
  readonly timeout?: Duration | undefined;
}

/** An enqueued job. */
export interface JobHandle<Result = unknown> {
  readonly id: JobId;
  /**
   * What the handler returned, as JSON keeps it; `undefined` where it returned nothing.
   * @throws MillraceError `job-cancelled` where it was cancelled, `job-failed` where it ends otherwise than completed
   * (`details`: state, error);
   * `deadline-exceeded` past the timeout, while the job goes on.
   */
  result(options?: ResultOptions): Promise<Result>;
  /** Cancels the job; see {@link JobControl.cancel}. */
  cancel(reason?: string): Promise<CancelAnswer>;
}

/** A handle on the job with this id. */
export function jobHandle<Result>(
  id: JobId,
  { waiter, control }: { readonly waiter: Waiter; readonly control: JobControl },
): JobHandle<Result> {
  return Object.freeze({
    id,
    cancel: (reason?: string) => control.cancel(id, { reason }),
    result: async ({ timeout }: ResultOptions = {}) => {
      const timeoutMs =
        timeout === undefined ? Number.POSITIVE_INFINITY : durationMs(timeout, "result.timeout");
      return resultOf(await waiter.finished(id, timeoutMs)) as Result; // what the definition's run gives
    },
  });
}

function resultOf(row: JobRow): unknown {
  const last = decodeAttempts(row.records).at(-1);
  if (row.state === "completed") return last?.result;
  const error = last?.error;
  const details = { job: row.id, state: row.state, error: error ?? null };
  if (row.state === "cancelled") {
    const message = `job ${row.id} (${row.name}) was ${error?.message ?? "cancelled"}`;
    throw new MillraceError("job-cancelled", message, { details });
  }
  const why = error === undefined ? "" : `: ${error.name}: ${error.message}`;
  throw new MillraceError("job-failed", `job ${row.id} (${row.name}) is ${row.state}${why}`, { details });
}
