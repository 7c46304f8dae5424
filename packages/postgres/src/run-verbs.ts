/** The run part of the port on SQL: what is refused, and which verb needs a transaction. */
import { checkMove, checkNote, checkRun, type NewJob, type RunMove, type RunStore } from "@millrace/core";
import { findRuns } from "./find-runs.ts";
import { findItems } from "./items.ts";
import { cleanUpRuns, hasPurge, purgeRuns, removeRuns } from "./removed-runs.ts";
import { moveRun, startRun } from "./runs.ts";
import type { Session } from "./session.ts";
import { findSteps } from "./steps.ts";
import { hasStranded, sweepRuns } from "./stranded-runs.ts";

/** What the verbs run on. */
export interface RunSessions {
  /** Statements that commit by themselves. */
  readonly alone: Session;
  /** Runs work that enqueues these jobs in a transaction of its own, and tells idle workers of them. */
  enqueuing<T>(jobs: readonly NewJob[], work: (session: Session) => Promise<T>): Promise<T>;
  /** The key of the lock for one purpose. */
  lock(purpose: "clean-up-runs" | "purge-runs"): string;
}

/** The verbs. */
export function runVerbs({ alone, enqueuing, lock }: RunSessions): RunStore {
  return {
    startRun: async (run, coordinator) => {
      checkRun(run, coordinator);
      return enqueuing([coordinator], (session) => startRun(session, run, coordinator));
    },
    moveRun: async (move) => {
      checkMove(move);
      return moveRun({ alone, joined: (work) => enqueuing(coordinatorsOf(move), work) }, move);
    },
    sweepRuns: async ({ limit }) => {
      if (!(await hasStranded(alone))) return [];
      return enqueuing([], (session) => sweepRuns(session, limit));
    },
    steps: (filter, page) => findSteps(alone, filter, page),
    findRuns: (filter, page) => findRuns(alone, filter, page),
    items: (filter, page) => findItems(alone, filter, page),
    removeRuns: async (ids, note = {}) => {
      checkNote(note);
      return ids.length === 0 ? [] : enqueuing([], (session) => removeRuns(session, ids, note));
    },
    cleanUpRuns: async (options) => {
      checkNote(options.note ?? {});
      return enqueuing([], (session) => cleanUpRuns(session, options, lock("clean-up-runs")));
    },
    purgeRuns: async ({ limit }) => {
      if (!(await hasPurge(alone))) return { removed: 0, more: false };
      return enqueuing([], (session) => purgeRuns(session, { limit, lock: lock("purge-runs") }));
    },
  };
}

function coordinatorsOf({ coordinator }: RunMove): readonly NewJob[] {
  return coordinator === undefined ? [] : [coordinator];
}
