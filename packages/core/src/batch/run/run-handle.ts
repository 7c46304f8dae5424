/** What starting a run gives: its id, its progress while it goes on, and its row once it has ended. */
import { type Duration, durationMs } from "../model/duration.ts";
import { MillraceError } from "../model/errors.ts";
import type { RunId } from "../model/ids.ts";
import type { RunRow, RunStart } from "../model/run.ts";
import type { Timing } from "../runtime/timers.ts";
import { ProgressMeter, type RunProgress } from "./progress.ts";
import type { RunFollower } from "./run-follower.ts";

/** How long to follow a run. */
export interface FollowOptions {
  /** For ever where left out. */
  readonly timeout?: Duration | undefined;
  /** Ends the following, not the run. */
  readonly signal?: AbortSignal | undefined;
}

/** A run as a program follows it. */
export interface RunView {
  readonly id: RunId;
  /** The run as it stands. @throws MillraceError `not-found`. */
  row(): Promise<RunRow>;
  /**
   * Looks at the run until it has ended, the last time then: often while it moves, less so while it does not. Trouble
   * with the store that may pass is reported to the client's `onError` and waited out.
   * @throws MillraceError `not-found`, `deadline-exceeded` past the timeout, `store-closed`; the signal's reason.
   */
  progress(options?: FollowOptions): AsyncIterable<RunProgress>;
  /** The row of the ended run; look at its `state`, for a failed run does not reject. @throws as `progress`. */
  finished(options?: FollowOptions): Promise<RunRow>;
}

/** A run this program has asked for. */
export interface RunHandle extends RunView {
  /** `resumed`: the instance's active run, which goes on. `finished`: it has completed and does not run again. */
  readonly result: RunStart["result"];
}

/** What a view looks through. */
export interface ViewPorts {
  readonly follower: RunFollower;
  readonly timing: Timing;
  readonly stepName: string;
}

/** A view on the run with this id. */
export function runView(id: RunId, { follower, timing, stepName }: ViewPorts): RunView {
  return Object.freeze({
    id,
    row: () => follower.row(id),
    progress: (options: FollowOptions = {}) => ({
      async *[Symbol.asyncIterator](): AsyncGenerator<RunProgress> {
        const meter = new ProgressMeter(stepName);
        const rows = limited(timing, { id, options }, (signal) =>
          follower.follow(id, { signal, isWatched: true }),
        );
        for await (const row of rows) yield meter.see(row, timing.now());
      },
    }),
    finished: async (options: FollowOptions = {}) => {
      const rows = limited(timing, { id, options }, (signal) =>
        follower.follow(id, { signal, isWatched: false }),
      );
      let last: RunRow | undefined;
      for await (const row of rows) last = row;
      return last ?? (await follower.row(id));
    },
  });
}

/** Rows until the end, the timeout or the caller's own signal. */
async function* limited(
  timing: Timing,
  { id, options }: { readonly id: RunId; readonly options: FollowOptions },
  rows: (signal: AbortSignal) => AsyncIterable<RunRow>,
): AsyncGenerator<RunRow> {
  const { timeout, signal } = options;
  signal?.throwIfAborted();
  const ending = new AbortController();
  const onAbort = () => ending.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const cancel =
    timeout === undefined
      ? () => undefined
      : timing.after(durationMs(timeout, "run.timeout"), () => ending.abort(timedOut(id, timeout)));
  try {
    yield* rows(ending.signal);
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}

function timedOut(id: RunId, timeout: Duration): MillraceError {
  return new MillraceError("deadline-exceeded", `run ${id} has not ended within ${timeout}; it goes on`, {
    details: { run: id },
  });
}
