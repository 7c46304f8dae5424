/** What operators ask of a store on SQL: dead letters, operations on many jobs, and limits. */
import {
  checkCount,
  checkNote,
  checkOperation,
  checkPage,
  type DeadStore,
  type LimitStore,
  type OperationStore,
} from "@millrace/core";
import { deadDepths, deadGroups, deadLetters } from "./dead.ts";
import { limitVerbsOn } from "./limits.ts";
import {
  abortOperation,
  advanceOperation,
  findOperations,
  isOperationDue,
  startOperation,
  takeOperation,
} from "./operations.ts";
import { countMatching } from "./selection.ts";
import type { Session } from "./session.ts";

/** What the verbs run on. */
export interface OperatorSessions {
  /** Statements that commit by themselves. */
  readonly alone: Session;
  /** Work in a transaction of its own. */
  own<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** The key of the lock that retries take. */
  readonly lock: string;
}

/** The verbs. */
export function operatorVerbsOn({
  alone,
  own,
  lock,
}: OperatorSessions): DeadStore & OperationStore & LimitStore {
  return {
    ...limitVerbsOn({ alone, own }),
    deadLetters: (filter, page) => deadLetters(alone, filter, page),
    deadGroups: (filter, page) => deadGroups(alone, filter, page),
    deadDepths: ({ atMost }) => deadDepths(alone, atMost),
    startOperation: async (operation) => {
      checkOperation(operation);
      return own((session) => startOperation(session, operation));
    },
    operations: (filter, page) => findOperations(alone, filter, page),
    takeOperation: async (options) => {
      if (!(await isOperationDue(alone))) return undefined;
      return own((session) => takeOperation(session, options));
    },
    advanceOperation: async (page) => {
      checkPage(page);
      return own((session) => advanceOperation(session, page, lock));
    },
    abortOperation: async (id, note = {}) => {
      checkNote(note);
      return own((session) => abortOperation(session, id, note));
    },
    countMatching: async (filter, page) => {
      checkCount(filter, page);
      return countMatching(alone, filter, page);
    },
  };
}
