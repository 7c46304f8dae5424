/** Listing runs. */
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import type { RunRow } from "../../model/run.ts";
import type { Page } from "../../store/call.ts";
import type { RunFilter } from "../../store/run-store.ts";
import type { Store } from "../../store/store.ts";

/** Which runs to list, newest first: every field given must match. */
export interface RunListOptions extends Omit<RunFilter, "ids"> {
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** The runs of a store. */
export interface Runs {
  /** @throws MillraceError `bad-config`, or what the store throws. */
  list(options?: RunListOptions): Promise<Page<RunRow>>;
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

/** Reads through a store that `open` opens. */
export function runsOf(store: Store, open: () => Promise<unknown>): Runs {
  return Object.freeze({
    list: async (options: RunListOptions = {}) => {
      refuseUnknownKeys("runs.list", options, KEYS);
      const { limit = DEFAULT_LIMIT, after, ...filter } = options;
      if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT)
        throw badOption("runs.list.limit", limit, `1 to ${MAX_LIMIT}`);
      await open();
      return store.findRuns(filter, { limit, after });
    },
  });
}
