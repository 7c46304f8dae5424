/** The runs of a store: listing them, and forgetting old ones. */
import { NOTE_KEYS } from "../../client/job-control.ts";
import type { Actor } from "../../model/actor.ts";
import type { ControlNote } from "../../model/control-note.ts";
import { type Duration, durationMs } from "../../model/duration.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import { FINISHED_RUN_STATES, type FinishedRunState, type RunRow } from "../../model/run.ts";
import type { Page } from "../../store/call.ts";
import type { RunCleanUpOptions, RunFilter } from "../../store/run-store.ts";
import type { Store } from "../../store/store.ts";

/** Which runs to list, newest first: every field given must match. */
export interface RunListOptions extends Omit<RunFilter, "ids"> {
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** Which finished runs to forget, and who has it done. */
export interface RunCleanUp extends ControlNote {
  /** Since they finished. */
  readonly olderThan: Duration;
  /** All that a finished run can be in where left out. */
  readonly states?: readonly FinishedRunState[] | undefined;
}

/** The runs of a store. */
export interface Runs {
  /** @throws MillraceError `bad-config`, or what the store throws. */
  list(options?: RunListOptions): Promise<Page<RunRow>>;
  /**
   * Forgets finished runs by age, whatever their retention, as `remove` of each does; those with live jobs stay.
   * @throws MillraceError `bad-config`, or what the store throws.
   */
  cleanUp(options: RunCleanUp): Promise<{ readonly removed: number }>;
}

const KEYS: readonly (keyof RunListOptions)[] = [
  "definition",
  "instance",
  "tenant",
  "states",
  "limit",
  "after",
];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
/** Most runs forgotten by one call of the store. */
const MAX_BATCH = 1_000;

/** What they work with. */
export interface RunsPorts {
  readonly store: Store;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
  open(): Promise<unknown>;
}

/** Works on a store that `open` opens. */
export function runsOf({ store, actor, open }: RunsPorts): Runs {
  return Object.freeze({
    list: async (options: RunListOptions = {}) => {
      refuseUnknownKeys("runs.list", options, KEYS);
      const { limit = DEFAULT_LIMIT, after, ...filter } = options;
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT)
        throw badOption("runs.list.limit", limit, `1 to ${MAX_LIMIT}`);
      await open();
      return store.findRuns(filter, { limit, after });
    },
    cleanUp: async (options: RunCleanUp) => {
      refuseUnknownKeys("runs.cleanUp", options, ["olderThan", "states", ...NOTE_KEYS]);
      const { olderThan, states = FINISHED_RUN_STATES, ...note } = options;
      const olderThanMs = durationMs(olderThan, "runs.cleanUp.olderThan");
      if (!states.every((state) => FINISHED_RUN_STATES.includes(state)))
        throw badOption("runs.cleanUp.states", states, `some of ${FINISHED_RUN_STATES.join(", ")}`);
      await open();
      return cleanUp(store, { olderThanMs, states, limit: MAX_BATCH, note: { actor, ...note } });
    },
  });
}

/** Batch by batch, until no run is as old. */
async function cleanUp(store: Store, options: RunCleanUpOptions): Promise<{ readonly removed: number }> {
  let removed = 0;
  for (;;) {
    const report = await store.cleanUpRuns(options);
    removed += report.removed;
    if (!report.more || report.removed === 0) return { removed };
  }
}
