/** The run part of the port on SQL: what is refused, and which verb needs a transaction. */
import { checkMove, checkRun, MillraceError, type NewJob, type RunStore } from "@millrace/core";
import { findItems } from "./items.ts";
import { findRuns, moveRun, startRun } from "./runs.ts";
import type { Session } from "./session.ts";

/** What the verbs run on. */
export interface RunSessions {
  /** Statements that commit by themselves. */
  readonly alone: Session;
  /** Runs work that enqueues these jobs in a transaction of its own, and tells idle workers of them. */
  enqueuing<T>(jobs: readonly NewJob[], work: (session: Session) => Promise<T>): Promise<T>;
}

/** The verbs. */
export function runVerbs({ alone, enqueuing }: RunSessions): RunStore {
  return {
    startRun: async (run, coordinator) => {
      checkRun(run, coordinator);
      return enqueuing([coordinator], (session) => startRun(session, run, coordinator));
    },
    moveRun: async (move) => {
      checkMove(move);
      return moveRun({ alone, joined: (work) => enqueuing([], work) }, move);
    },
    sweepRuns: async () => {
      throw new MillraceError("unsupported", "runs are not swept on SQL yet");
    },
    steps: async () => {
      throw new MillraceError("unsupported", "steps are not kept on SQL yet");
    },
    findRuns: (filter, page) => findRuns(alone, filter, page),
    items: (filter, page) => findItems(alone, filter, page),
  };
}
