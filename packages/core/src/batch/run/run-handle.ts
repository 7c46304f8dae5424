/** What starting a run gives: its id, its progress while it goes on, and its row once it has ended. */
import { type Duration, durationMs } from "../../model/duration.ts";
import { MillraceError } from "../../model/errors.ts";
import type { RunId } from "../../model/ids.ts";
import type { RunRow, StartedRun } from "../../model/run.ts";
import type { ItemState } from "../../model/settlement.ts";
import type { Timing } from "../../runtime/timers.ts";
import { everyPage } from "../../store/every-page.ts";
import type { ItemFilter, ItemRow } from "../../store/run-store.ts";
import { RunMeter, type RunProgress } from "./progress.ts";
import { type RunControl, type RunControlPorts, runControl } from "./run-control.ts";
import type { RunFollower, RunSight } from "./run-follower.ts";
import { type StepRecord, stepRecord } from "./step-record.ts";

/** How long to follow a run. */
export interface FollowOptions {
  /** For ever where left out. */
  readonly timeout?: Duration | undefined;
  /** Ends the following, not the run. */
  readonly signal?: AbortSignal | undefined;
}

/** Which items of a step to give. */
export interface RunItemsOptions {
  readonly states?: readonly ItemState[] | undefined;
}

/** A run as a program sees it, follows it and has its way with it. */
export interface RunView extends RunControl {
  readonly id: RunId;
  /** The run as it stands. @throws MillraceError `not-found`. */
  row(): Promise<RunRow>;
  /** Its steps, and their partitions that have begun, by name. @throws MillraceError `not-found`. */
  steps(): Promise<readonly StepRecord[]>;
  /** The ledger of a step (of a partition: `step/partition`) by key, read in pages while it is asked for. */
  items(step: string, options?: RunItemsOptions): AsyncIterable<ItemRow>;
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
  readonly result: StartedRun["result"];
}

/** What a view looks through. */
export interface ViewPorts extends RunControlPorts {
  readonly follower: RunFollower;
}

/** A view on the run with this id. */
export function runView(id: RunId, ports: ViewPorts): RunView {
  const { follower, engine } = ports;
  const { timing } = engine;
  return Object.freeze({
    id,
    ...runControl(ports, id),
    row: () => follower.row(id),
    steps: async () => {
      const row = await follower.row(id);
      return (await follower.steps(id)).map((step) => stepRecord(step, row));
    },
    items: (step: string, { states }: RunItemsOptions = {}) => items(ports, { run: id, step, states }),
    progress: (options: FollowOptions = {}) => ({
      async *[Symbol.asyncIterator](): AsyncGenerator<RunProgress> {
        const meter = new RunMeter();
        const rows = limited(timing, { id, options }, (signal) =>
          follower.follow(id, { signal, isWatched: true }),
        );
        for await (const { row, steps } of rows) yield meter.see(row, steps, timing.now());
      },
    }),
    finished: async (options: FollowOptions = {}) => {
      const rows = limited(timing, { id, options }, (signal) =>
        follower.follow(id, { signal, isWatched: false }),
      );
      let last: RunRow | undefined;
      for await (const { row } of rows) last = row;
      return last ?? (await follower.row(id));
    },
  });
}

const PAGE = 500;

async function* items({ engine }: ViewPorts, filter: ItemFilter): AsyncGenerator<ItemRow> {
  await engine.open();
  for await (const rows of everyPage(PAGE, (page) => engine.store.items(filter, page))) yield* rows;
}

/** Rows until the end, the timeout or the caller's own signal. */
async function* limited(
  timing: Timing,
  { id, options }: { readonly id: RunId; readonly options: FollowOptions },
  rows: (signal: AbortSignal) => AsyncIterable<RunSight>,
): AsyncGenerator<RunSight> {
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
