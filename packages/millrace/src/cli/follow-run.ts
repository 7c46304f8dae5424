/** Follows a run through the store until it has ended. */
import {
  isFinishedRun,
  isStoreFailure,
  MillraceError,
  type RunId,
  type RunRow,
  type Store,
} from "@millrace/core";
import { rest } from "./rest.ts";

/** How a run is followed. */
export interface FollowOptions {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  onSnapshot(run: RunRow): void;
  /** A look that failed and is tried again. */
  onTrouble?(error: unknown): void;
}

/** How long a store may be away before following gives up. */
const PATIENCE_MS = 60_000;

/** The run as it ended; as it was last seen, where the signal came first. @throws what the store throws for long. */
export async function followRun(store: Store, id: RunId, options: FollowOptions): Promise<RunRow> {
  let lastAnswerMs = performance.now();
  for (;;) {
    try {
      const run = await findRun(store, id);
      lastAnswerMs = performance.now();
      options.onSnapshot(run);
      if (isFinishedRun(run.state) || options.signal.aborted) return run;
    } catch (error) {
      const isLost = performance.now() - lastAnswerMs > PATIENCE_MS;
      if (isLost || options.signal.aborted || !isStoreFailure(error)) throw error;
      options.onTrouble?.(error);
    }
    await rest(options.everyMs, options.signal);
  }
}

/** The run with this id. @throws MillraceError `not-found`. */
export async function findRun(store: Store, id: RunId): Promise<RunRow> {
  const { rows } = await store.findRuns({ ids: [id] }, { limit: 1 });
  if (rows[0] !== undefined) return rows[0];
  throw new MillraceError("not-found", `there is no batch run ${id} in this store: see "millrace batch ls"`);
}
