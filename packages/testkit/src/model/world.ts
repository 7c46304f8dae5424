/** What a sequence has done so far: where the model is, and what can be chosen from by later calls. */
import type {
  ClaimedJob,
  HolderWrite,
  JobId,
  LeaseId,
  OperationId,
  OperationTurn,
  RunId,
  ScheduleRow,
  Settlement,
  Token,
  WorkerId,
} from "@millrace/core";
import type { Call } from "./call.ts";
import type { Pick } from "./sketch.ts";
import type { ModelState } from "./state.ts";

/** A job and a token it was once held under. */
export interface Holding {
  readonly id: JobId;
  readonly token: Token;
}

/** The history a sketch chooses from. */
export class World {
  #state: ModelState;
  #jobs = 0;
  #leases = 0;
  #runs = 0;
  #operations = 0;
  readonly claims: Holding[] = [];
  readonly saves: HolderWrite[] = [];
  readonly settlements: Settlement[] = [];
  readonly leases: LeaseId[] = [];
  readonly turns: OperationTurn[] = [];
  /** Runs that are known no more. */
  readonly removed: RunId[] = [];
  /** Schedules as they have been at some time. */
  readonly schedules: ScheduleRow[] = [];

  constructor(state: ModelState) {
    this.#state = state;
  }

  /** Where the model is. */
  get state(): ModelState {
    return this.#state;
  }

  /** Takes note of a call made and what the model said to it. */
  note(call: Call, answer: unknown, state: ModelState): void {
    if (state.runs !== this.#state.runs)
      this.removed.push(...[...this.#state.runs.keys()].filter((run) => !state.runs.has(run)));
    this.#state = state;
    if (call.verb === "claim") {
      this.leases.push(call.lease);
      this.claims.push(...(answer as readonly ClaimedJob[])); // what claim answers
    }
    if (call.verb === "takeOperation" && answer !== undefined) {
      this.turns.push(answer as OperationTurn); // what it answers
    }
    if (call.verb === "fireSchedules" || call.verb === "setSchedule") {
      this.schedules.push(...state.schedules.values());
    }
    if (call.verb === "save") this.saves.push(...call.writes);
    if (call.verb === "settle") this.settlements.push(...call.settlements);
  }

  /** A job id not used before. Neighbours swap places, so that later ids are not always larger. */
  newJobId(): JobId {
    this.#jobs += 1;
    return numbered("1", this.#jobs ^ 2) as JobId; // in the shape of an id
  }

  /** A lease id not used before, out of order as job ids are. */
  newLeaseId(): LeaseId {
    this.#leases += 1;
    return numbered("2", this.#leases ^ 1) as LeaseId; // in the shape of an id
  }

  /** A run id not used before, larger than any earlier. */
  newRunId(): RunId {
    this.#runs += 1;
    return numbered("3", this.#runs) as RunId; // in the shape of an id
  }

  /** An operation id not used before, out of order as job ids are. */
  newOperationId(): OperationId {
    this.#operations += 1;
    return numbered("5", this.#operations ^ 1) as OperationId; // in the shape of an id
  }
}

/** The id of one of a few workers. */
export function workerId(who: number): WorkerId {
  return numbered("4", who) as WorkerId; // in the shape of an id
}

/** The picked one; `undefined` where there is nothing to pick from. */
export function chosen<T>(from: readonly T[], pick: Pick): T | undefined {
  return from[pick % from.length];
}

function numbered(kind: string, number: number): string {
  return `0190a0e0-${kind}000-7000-8000-${number.toString(16).padStart(12, "0")}`;
}
