/** Calls as they are generated: choices, bound to real ids and tokens only when their turn comes. */
import type {
  CleanUpOptions,
  ControlNote,
  DeadFilter,
  HoldFilter,
  ItemOutcome,
  ItemState,
  JobState,
  LogPart,
  NewLimitHold,
  NewOperation,
  OperationFilter,
  OperationState,
  Outcome,
  Overlap,
  PeekOptions,
  Priority,
  QueueChange,
  RunCleanUpOptions,
  RunState,
  StepMark,
  StepState,
  UniqueKey,
  WorkerWord,
} from "@millrace/core";

/** The n-th of whatever there is to choose from (taken modulo their number). */
export type Pick = number;

/** A job to send. */
export interface JobSketch {
  /** An id sent before, where there is one; a new id where left out. */
  readonly again?: Pick | undefined;
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly priority: Priority;
  readonly delayMs: number;
  /** From the moment of the call, on the store's clock; negative for the past. */
  readonly runInMs?: number | undefined;
  readonly ttlMs?: number | undefined;
  readonly expiresInMs?: number | undefined;
  readonly unique?: UniqueKey | undefined;
  readonly orderingKey?: string | undefined;
  readonly maxRescues: number;
  readonly run?: Pick | undefined;
  readonly payload: string;
  readonly tags?: readonly string[] | undefined;
}

/** Whose id and token a write carries. */
export type HolderSketch =
  /** A running job and its token. */
  | { readonly kind: "current"; readonly pick: Pick }
  /** A claim made earlier, whatever became of it. */
  | { readonly kind: "earlier"; readonly pick: Pick }
  /** A write sent earlier, word for word. */
  | { readonly kind: "resent"; readonly pick: Pick }
  /** One claim's id with another one's token. */
  | { readonly kind: "foreign"; readonly pick: Pick; readonly other: Pick }
  /** A running job with a token nobody was given. */
  | { readonly kind: "forged"; readonly pick: Pick }
  /** An id nobody sent. */
  | { readonly kind: "unknown" };

/** What a write carries for its step. */
export interface StepSketch {
  readonly run: Pick;
  readonly step: string;
  readonly items?: readonly ItemOutcome[] | undefined;
  readonly onlyNewItems?: boolean | undefined;
  readonly counters?: Readonly<Record<string, number>> | undefined;
}

/** What a write says of a step. */
export interface MarkSketch extends Omit<StepMark, "run"> {
  readonly run: Pick;
}

/** A holder's write. */
export interface WriteSketch {
  readonly holder: HolderSketch;
  /** Added to the last applied write number; 0 and less repeat one. */
  readonly ahead: number;
  readonly checkpoint?: string | undefined;
  readonly spawn?: readonly JobSketch[] | undefined;
  readonly step?: StepSketch | undefined;
  readonly marks?: readonly MarkSketch[] | undefined;
  readonly progress?: string | undefined;
  readonly log?: LogPart | undefined;
}

/** A holder's last write. */
export interface SettlementSketch extends WriteSketch {
  readonly outcome: Outcome;
}

/** What a worker asks for. */
export interface WantSketch {
  readonly queue: string;
  readonly max: number;
  readonly names: readonly string[];
  readonly priorities?: readonly Priority[] | undefined;
}

/** A filter for jobs. */
export interface JobFilterSketch {
  readonly ids?: readonly Pick[] | undefined;
  readonly states?: readonly JobState[] | undefined;
  readonly queue?: string | undefined;
  readonly name?: string | undefined;
  readonly tenant?: string | undefined;
  readonly run?: Pick | undefined;
  readonly parent?: Pick | undefined;
  readonly priorities?: readonly Priority[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly fingerprints?: readonly string[] | undefined;
  /** Before the moment of the call. */
  readonly createdSinceMs?: number | undefined;
  readonly createdUntilMs?: number | undefined;
  readonly finishedUntilMs?: number | undefined;
}

/** A move of a run. */
export interface MoveSketch {
  readonly run: Pick;
  readonly from: readonly RunState[];
  readonly to: RunState;
  /** Nobody's, its coordinator's (as claimed last), or some earlier claim's. */
  readonly holder: "none" | "coordinator" | "earlier";
  readonly pick: Pick;
  /** It is a restart: under a new coordinator, or under the one that the run has. */
  readonly restart?: (JobSketch & { readonly isOld: boolean }) | undefined;
  readonly result?: string | undefined;
  readonly error?: string | undefined;
  readonly note?: ControlNote | undefined;
}

/** Which jobs an operation is for. */
export interface OperationFilterSketch extends Omit<OperationFilter, "ids" | "run"> {
  readonly ids?: readonly Pick[] | undefined;
  readonly run?: Pick | undefined;
}

/** A worker's word. */
export interface WorkerSketch extends Omit<WorkerWord, "id" | "name" | "host" | "pid" | "version"> {
  /** Which of a few workers it is. */
  readonly who: number;
}

/** A run to start. */
export interface RunSketch {
  readonly definition: string;
  readonly instance: string;
  readonly rerun: boolean;
  readonly force?: true | undefined;
  readonly version?: string | undefined;
  readonly submittedBy?: string | undefined;
  readonly correlationId?: string | undefined;
}

/** A fire of a schedule. */
export interface FireSketch {
  readonly schedule: Pick;
  /** As the schedule is, or as it was before it fired or changed. */
  readonly read: "now" | "earlier";
  readonly how: "due" | "missed" | "manual";
  readonly overlap: Overlap;
  readonly job: JobSketch;
  /** It starts a run, whose coordinator the job is. */
  readonly run?: RunSketch | undefined;
  /** Whether the job is one that another fire has had. */
  readonly again?: Pick | undefined;
  /** From the moment of the call. */
  readonly nextInMs?: number | undefined;
}

/** Which jobs an operator picks from. */
export type Among = "all" | "live" | "running" | "finished";

/** A call to be. */
export type Sketch =
  | { readonly verb: "advance"; readonly ms: number }
  | { readonly verb: "enqueue"; readonly jobs: readonly JobSketch[]; readonly resend: boolean }
  | {
      readonly verb: "claim";
      readonly wants: readonly WantSketch[];
      readonly solo: boolean;
      readonly overdue: number;
    }
  | {
      readonly verb: "extend";
      readonly touches: readonly { readonly pick: Pick; readonly dropped: boolean }[];
      readonly leaseMs: number;
    }
  | { readonly verb: "save"; readonly writes: readonly WriteSketch[] }
  | { readonly verb: "settle"; readonly writes: readonly SettlementSketch[] }
  | { readonly verb: "rescue"; readonly limit: number }
  | { readonly verb: "expire"; readonly limit: number }
  | {
      readonly verb: "configureQueue";
      readonly queue: string;
      readonly change: QueueChange;
      readonly note?: ControlNote | undefined;
    }
  | {
      readonly verb: "hold";
      readonly holds: readonly NewLimitHold[];
      readonly note?: ControlNote | undefined;
    }
  | { readonly verb: "holds"; readonly filter: HoldFilter; readonly limit: number }
  | { readonly verb: "watch"; readonly limit: number }
  | {
      readonly verb: "cancel" | "retry";
      readonly ids: readonly Pick[];
      readonly among: Among;
      readonly note: ControlNote;
    }
  | {
      readonly verb: "reprioritise";
      readonly ids: readonly Pick[];
      readonly among: Among;
      readonly priority: Priority;
      readonly note: ControlNote;
    }
  | {
      readonly verb: "delete";
      readonly ids: readonly Pick[];
      readonly among: Among;
      readonly note: ControlNote;
    }
  | { readonly verb: "cancels"; readonly leases: readonly Pick[] }
  | { readonly verb: "cascade"; readonly limit: number }
  | ({ readonly verb: "cleanUp" } & CleanUpOptions)
  | { readonly verb: "fold"; readonly limit: number }
  | { readonly verb: "events"; readonly limit: number }
  | { readonly verb: "audit"; readonly limit: number }
  | { readonly verb: "pruneAudit"; readonly olderThanMs: number }
  | { readonly verb: "find"; readonly filter: JobFilterSketch; readonly limit: number }
  | { readonly verb: "peek"; readonly queue: string; readonly options: PeekOptions }
  | { readonly verb: "logs"; readonly job: Pick; readonly limit: number }
  | { readonly verb: "explain"; readonly ids: readonly Pick[]; readonly among: Among }
  | { readonly verb: "registerWorkers"; readonly workers: readonly WorkerSketch[]; readonly forMs: number }
  | { readonly verb: "removeWorkers"; readonly who: readonly number[] }
  | { readonly verb: "workers" }
  | ({ readonly verb: "startRun"; readonly coordinator: JobSketch } & RunSketch)
  | { readonly verb: "moveRun"; readonly move: MoveSketch }
  | {
      readonly verb: "findRuns";
      readonly ids?: readonly Pick[] | undefined;
      readonly definition?: string | undefined;
      readonly instance?: string | undefined;
      readonly tenant?: string | undefined;
      readonly states?: readonly RunState[] | undefined;
      readonly limit: number;
    }
  | { readonly verb: "sweepRuns"; readonly limit: number }
  | { readonly verb: "removeRuns"; readonly runs: readonly Pick[]; readonly note: ControlNote }
  | ({ readonly verb: "cleanUpRuns" } & RunCleanUpOptions)
  | { readonly verb: "purgeRuns"; readonly limit: number }
  | {
      readonly verb: "steps";
      readonly run: Pick;
      readonly states?: readonly StepState[] | undefined;
      readonly steps?: readonly string[] | undefined;
      readonly limit: number;
    }
  | {
      readonly verb: "items";
      readonly run: Pick;
      readonly step: string;
      readonly states?: readonly ItemState[] | undefined;
      readonly keys?: readonly string[] | undefined;
      readonly limit: number;
    }
  | { readonly verb: "deadLetters" | "deadGroups"; readonly filter: DeadFilter; readonly limit: number }
  | { readonly verb: "deadDepths"; readonly atMost: number }
  | ({
      readonly verb: "startOperation";
      /** An operation started before. */
      readonly again?: Pick | undefined;
      readonly filter: OperationFilterSketch;
    } & Omit<NewOperation, "id" | "filter">)
  | { readonly verb: "takeOperation"; readonly limit: number; readonly only?: Pick | undefined }
  | {
      readonly verb: "advanceOperation";
      /** How many pages before the one taken last. */
      readonly earlier: Pick;
      /** The member that cannot be treated. */
      readonly problem?: Pick | undefined;
    }
  | { readonly verb: "abortOperation"; readonly operation: Pick; readonly note: ControlNote }
  | { readonly verb: "countMatching"; readonly filter: OperationFilterSketch; readonly limit: number }
  | {
      readonly verb: "operations";
      readonly ids?: readonly Pick[] | undefined;
      readonly states?: readonly OperationState[] | undefined;
      readonly limit: number;
    }
  | {
      readonly verb: "setSchedule";
      readonly id: string;
      readonly tenant: string;
      readonly definition: string;
      readonly nextInMs?: number | undefined;
      readonly note?: ControlNote | undefined;
    }
  | {
      readonly verb: "removeSchedule" | "pauseSchedule";
      readonly id: string;
      readonly note?: ControlNote | undefined;
    }
  | {
      readonly verb: "resumeSchedule";
      readonly schedule: Pick;
      readonly nextInMs?: number | undefined;
      readonly note?: ControlNote | undefined;
    }
  | {
      readonly verb: "findSchedules";
      readonly ids?: readonly string[] | undefined;
      readonly tenant?: string | undefined;
      readonly limit: number;
    }
  | { readonly verb: "dueSchedules"; readonly limit: number }
  | {
      readonly verb: "fireSchedules";
      readonly fires: readonly FireSketch[];
      readonly note?: ControlNote | undefined;
    };
