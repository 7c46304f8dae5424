/** One concrete store call as plain data: what the model and a store are both given, and what fixtures keep. */
import type {
  ClaimWant,
  CleanUpOptions,
  ControlNote,
  DeadFilter,
  HolderWrite,
  HoldFilter,
  ItemFilter,
  JobFilter,
  JobId,
  LeaseId,
  LeaseTouch,
  NewJob,
  NewLimitHold,
  NewOperation,
  NewRun,
  NewSchedule,
  OperationFilter,
  OperationId,
  OperationPage,
  OperationsFilter,
  PeekOptions,
  Priority,
  QueueChange,
  RunCleanUpOptions,
  RunFilter,
  RunId,
  RunMove,
  ScheduleFilter,
  ScheduleFire,
  ScheduleVersion,
  Settlement,
  StepFilter,
  TakeOptions,
  WorkerId,
  WorkerWord,
} from "@millrace/core";

/** The worker every claim of the check speaks for. */
export const WORKER = "model-worker";

/** The arguments of each verb, under its name. Tokens are the model's own (1, 2, 3 … in order of claims). */
export type Call =
  | { readonly verb: "advance"; readonly ms: number }
  | { readonly verb: "enqueue"; readonly jobs: readonly NewJob[]; readonly resend: boolean }
  | {
      readonly verb: "claim";
      readonly wants: readonly ClaimWant[];
      readonly lease: LeaseId;
      readonly leaseMs: number;
      readonly solo: boolean;
      readonly overdue: number;
    }
  | { readonly verb: "extend"; readonly leases: readonly LeaseTouch[]; readonly leaseMs: number }
  | { readonly verb: "save"; readonly writes: readonly HolderWrite[] }
  | { readonly verb: "settle"; readonly settlements: readonly Settlement[] }
  | { readonly verb: "rescue"; readonly limit: number }
  | { readonly verb: "expire"; readonly limit: number }
  | {
      readonly verb: "configureQueue";
      readonly queue: string;
      readonly change: QueueChange;
      readonly note?: ControlNote | undefined;
    }
  | { readonly verb: "watch"; readonly limit: number }
  | { readonly verb: "cancel"; readonly ids: readonly JobId[]; readonly note: ControlNote }
  | { readonly verb: "cancels"; readonly leases: readonly LeaseId[] }
  | { readonly verb: "cascade"; readonly limit: number }
  | { readonly verb: "retry"; readonly ids: readonly JobId[]; readonly note: ControlNote }
  | {
      readonly verb: "reprioritise";
      readonly ids: readonly JobId[];
      readonly priority: Priority;
      readonly note: ControlNote;
    }
  | { readonly verb: "delete"; readonly ids: readonly JobId[]; readonly note?: ControlNote | undefined }
  | ({ readonly verb: "cleanUp" } & CleanUpOptions)
  | { readonly verb: "fold"; readonly limit: number }
  | { readonly verb: "events"; readonly limit: number }
  | { readonly verb: "audit"; readonly limit: number }
  | { readonly verb: "pruneAudit"; readonly olderThanMs: number }
  | { readonly verb: "find"; readonly filter: JobFilter; readonly limit: number }
  | { readonly verb: "peek"; readonly queue: string; readonly options: PeekOptions }
  | { readonly verb: "logs"; readonly job: JobId; readonly limit: number }
  | { readonly verb: "explain"; readonly ids: readonly JobId[] }
  | { readonly verb: "registerWorkers"; readonly workers: readonly WorkerWord[]; readonly forMs: number }
  | { readonly verb: "removeWorkers"; readonly ids: readonly WorkerId[] }
  | { readonly verb: "workers" }
  | {
      readonly verb: "hold";
      readonly holds: readonly NewLimitHold[];
      readonly note?: ControlNote | undefined;
    }
  | { readonly verb: "holds"; readonly filter: HoldFilter; readonly limit: number }
  | { readonly verb: "startRun"; readonly run: NewRun; readonly coordinator: NewJob }
  | { readonly verb: "moveRun"; readonly move: RunMove }
  | { readonly verb: "findRuns"; readonly filter: RunFilter; readonly limit: number }
  | { readonly verb: "sweepRuns"; readonly limit: number }
  | { readonly verb: "removeRuns"; readonly ids: readonly RunId[]; readonly note: ControlNote }
  | ({ readonly verb: "cleanUpRuns" } & RunCleanUpOptions)
  | { readonly verb: "purgeRuns"; readonly limit: number }
  | { readonly verb: "steps"; readonly filter: StepFilter; readonly limit: number }
  | { readonly verb: "items"; readonly filter: ItemFilter; readonly limit: number }
  | {
      readonly verb: "deadLetters" | "deadGroups";
      readonly filter: DeadFilter;
      readonly limit: number;
    }
  | { readonly verb: "deadDepths"; readonly atMost: number }
  | { readonly verb: "startOperation"; readonly operation: NewOperation }
  | ({ readonly verb: "takeOperation" } & TakeOptions)
  | { readonly verb: "advanceOperation"; readonly page: OperationPage }
  | { readonly verb: "abortOperation"; readonly operation: OperationId; readonly note: ControlNote }
  | { readonly verb: "countMatching"; readonly filter: OperationFilter; readonly limit: number }
  | { readonly verb: "operations"; readonly filter: OperationsFilter; readonly limit: number }
  | {
      readonly verb: "setSchedule";
      readonly schedule: NewSchedule;
      readonly note?: ControlNote | undefined;
    }
  | {
      readonly verb: "removeSchedule" | "pauseSchedule";
      readonly id: string;
      readonly note?: ControlNote | undefined;
    }
  | {
      readonly verb: "resumeSchedule";
      readonly schedule: ScheduleVersion;
      readonly nextMs?: number | undefined;
      readonly note?: ControlNote | undefined;
    }
  | { readonly verb: "findSchedules"; readonly filter: ScheduleFilter; readonly limit: number }
  | { readonly verb: "dueSchedules"; readonly limit: number }
  | {
      readonly verb: "fireSchedules";
      readonly fires: readonly ScheduleFire[];
      readonly note?: ControlNote | undefined;
    };

/** The same call with every token replaced. */
export function withTokens(
  call: Call,
  replace: <T extends { readonly token: HolderWrite["token"] }>(held: T) => T,
): Call {
  switch (call.verb) {
    case "save":
      return { ...call, writes: call.writes.map(replace) };
    case "settle":
      return { ...call, settlements: call.settlements.map(replace) };
    case "moveRun": {
      const { holder } = call.move;
      return holder === undefined ? call : { ...call, move: { ...call.move, holder: replace(holder) } };
    }
    default:
      return call;
  }
}
