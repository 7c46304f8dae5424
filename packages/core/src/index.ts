/** The public surface of `@millrace/core`. */

export * from "./batch/bad-item.ts";
export { shownCounters } from "./batch/chunk-measures.ts";
export * from "./batch/chunk-step.ts";
export * from "./batch/contexts.ts";
export * from "./batch/definition.ts";
export * from "./batch/filtered.ts";
export * from "./batch/listeners.ts";
export * from "./batch/pipeline/define-pipeline.ts";
export * from "./batch/pipeline/pipeline.ts";
export * from "./batch/pipeline/step-options.ts";
export * from "./batch/placed.ts";
export { countsOf, type ExecutionCounts } from "./batch/run/execution-counts.ts";
export * from "./batch/run/item-progress.ts";
export * from "./batch/run/progress.ts";
export type { RestartOptions, RunControl, RunNote } from "./batch/run/run-control.ts";
export type { FollowOptions, RunHandle, RunItemsOptions, RunView } from "./batch/run/run-handle.ts";
export type { RunCleanUp, RunListOptions, Runs } from "./batch/run/runs.ts";
export { runOf, type StartOptions, startedRun } from "./batch/run/start-run.ts";
export type { RunError, StepError } from "./batch/run/step-error.ts";
export type { StepRecord } from "./batch/run/step-record.ts";
export {
  type Audit,
  type AuditHead,
  type AuditListOptions,
  type AuditVerifyOptions,
  type AuditView,
  auditOf,
} from "./client/audit.ts";
export {
  type DeadDepthRecord,
  type DeadGroupRecord,
  type DeadLetters,
  type DeadListOptions,
  type DeadSelection,
  deadGroupRecord,
} from "./client/dead.ts";
export { defineJob, type JobDefinition, type JobOptions, type Run } from "./client/define-job.ts";
export type { EnqueueManyOptions } from "./client/enqueue.ts";
export type { EnqueuedMany } from "./client/enqueue-stream.ts";
export {
  type EventKind,
  type EventOf,
  type JobEvent,
  jobEvent,
  type Listened,
  type MillraceEvent,
  type ResetEvent,
} from "./client/event.ts";
export type { FollowEventsOptions } from "./client/event-reader.ts";
export { type WorkerRecord, type Workers, workerRecord } from "./client/explain.ts";
export type { ChildOptions, HandlerContext } from "./client/handler-context.ts";
export { type AttemptView, type JobRecord, jobRecord } from "./client/inspect.ts";
export { ISOLATION_DEFAULTS, type IsolateOptions } from "./client/isolate-option.ts";
export type { CleanUp, JobControl, JobVerb, Reprioritise } from "./client/job-control.ts";
export type { EnqueuedJob, JobHandle, ResultOptions } from "./client/job-handle.ts";
export type { KeyMode, KeyScope } from "./client/job-keys.ts";
export type { Instant } from "./client/job-times.ts";
export type { JobListOptions, JobLogLine, JobLogOptions, Jobs } from "./client/jobs.ts";
export type { LimitOption } from "./client/limit-option.ts";
export {
  type HoldOptions,
  type HoldRecord,
  holdRecord,
  type LimitControl,
  listHolds,
} from "./client/limits.ts";
export type { EnqueueOptions as JobEnqueueOptions } from "./client/new-job.ts";
export {
  newOperation,
  type OperationOptions,
  type OperationRequest,
  type OperationSelection,
  type ReplayOptions,
} from "./client/new-operation.ts";
export type { MigrateMode } from "./client/opener.ts";
export { type OperationRecord, operationRecord } from "./client/operation-record.ts";
export type { AbortAnswer, OperationHandle, OperationListOptions, Operations } from "./client/operations.ts";
export type {
  PrioritiesOptions,
  PriorityOptions,
  QueueCapacities,
  QueueOptions,
  QueuesOptions,
  RetriesOptions,
} from "./client/program-options.ts";
export type { CapacityOptions, PeekQueueOptions, Queues } from "./client/queues.ts";
export type {
  DefinitionRetryOption,
  DefinitionRetryOptions,
  RetryOption,
  RetryOptions,
} from "./client/retry-option.ts";
export type {
  FiringOptions,
  ScheduledJobOptions,
  ScheduleOptions,
  TimingOptions,
} from "./client/schedule-options.ts";
export {
  type FireView,
  type ScheduledJob,
  type ScheduledRun,
  type ScheduleRecord,
  scheduleRecord,
} from "./client/schedule-record.ts";
export type { ScheduleWhy, WhyKind } from "./client/schedule-why.ts";
export type { RunAnswer, ScheduleListOptions, Schedules, SetSchedule } from "./client/schedules.ts";
export type { Figures, Outcomes, QueueStats, RecentOutcomes, Stats } from "./client/stats.ts";
export type { AuditVerdict, ChainVerdict, KnownHead } from "./client/verify-audit.ts";
export { type Breaker, type BreakerContext, type BreakerOptions, breaker } from "./job/breaker.ts";
export type { FailedJob, JobCallbacks } from "./job/callbacks.ts";
export type { ChildRequest, ChildResult, NewChild } from "./job/child.ts";
export type { JobContext, JobInfo } from "./job/context.ts";
export type { Control, SnoozeParts, SuspendParts, WaitParts, WriteParts } from "./job/control.ts";
export { currentJob, currentTenant } from "./job/current.ts";
export type { Engine, Registrable } from "./job/engine.ts";
export type { Isolation } from "./job/isolation.ts";
export { JOB_DEFAULTS, type JobDefaults } from "./job/job-defaults.ts";
export { LimitGate, type LimitGateOptions } from "./job/limit-gate.ts";
export type { HoldLeft, Limits } from "./job/limits.ts";
export { type Handler, Registry } from "./job/registry.ts";
export type { JobLog, ProgressParts } from "./job/report.ts";
export type { TenantOptions } from "./job/tenants.ts";
export { type MemoryStoreOptions, memoryStore } from "./memory/memory-store.ts";
export * from "./millrace.ts";
export * from "./model/actor.ts";
export * from "./model/attempt.ts";
export * from "./model/audit.ts";
export * from "./model/audit-entry.ts";
export * from "./model/children.ts";
export * from "./model/control-note.ts";
export { type Duration, durationMs } from "./model/duration.ts";
export * from "./model/envelope.ts";
export { classOf } from "./model/error-class.ts";
export * from "./model/errors.ts";
export * from "./model/event.ts";
export * from "./model/explain.ts";
export * from "./model/fingerprint.ts";
export * from "./model/fire-verdict.ts";
export * from "./model/ids.ts";
export * from "./model/job.ts";
export * from "./model/job-facts.ts";
export * from "./model/job-marks.ts";
export * from "./model/json.ts";
export * from "./model/limit.ts";
export * from "./model/operation.ts";
export * from "./model/operation-entries.ts";
export { badOption, refuseUnknownKeys, withoutUndefined } from "./model/options.ts";
export { PutOffError } from "./model/put-off.ts";
export type { Rate } from "./model/rate.ts";
export * from "./model/reason.ts";
export * from "./model/report.ts";
export * from "./model/retention.ts";
export * from "./model/retry.ts";
export { RetryAfterError, retryAfterMs } from "./model/retry-after.ts";
export * from "./model/run.ts";
export * from "./model/schedule.ts";
export type { MadeFire } from "./model/schedule-job.ts";
export * from "./model/settlement.ts";
export * from "./model/step.ts";
export { VERSION } from "./model/version.ts";
export * from "./model/worker.ts";
export { type Program, type ProgramOptions, type ProgramWorkerOptions, programOf } from "./program.ts";
export {
  admit as admitCall,
  type CallEnd,
  type Circuit,
  CLOSED as CLOSED_CIRCUIT,
  judge as judgeCall,
} from "./runtime/circuit.ts";
export * from "./runtime/clock.ts";
export * from "./runtime/logger.ts";
export { mapInOrder } from "./runtime/map-in-order.ts";
export { type MemoryMood, type MemoryState, MemoryWatch } from "./runtime/memory-watch.ts";
export { userName } from "./runtime/process-actor.ts";
export type { Random } from "./runtime/random.ts";
export type { LoopHealth, OnError } from "./runtime/service.ts";
export * from "./runtime/timers.ts";
export * from "./store/audit-check.ts";
export * from "./store/audit-cursor.ts";
export * from "./store/audit-store.ts";
export * from "./store/call.ts";
export * from "./store/checks.ts";
export * from "./store/clean-up-entries.ts";
export * from "./store/control-store.ts";
export * from "./store/dead-cursor.ts";
export * from "./store/dead-store.ts";
export * from "./store/event-store.ts";
export * from "./store/failure.ts";
export * from "./store/job-store.ts";
export * from "./store/limit-checks.ts";
export * from "./store/limit-entries.ts";
export * from "./store/limit-store.ts";
export * from "./store/log-cursor.ts";
export * from "./store/operation-checks.ts";
export * from "./store/operation-store.ts";
export * from "./store/position.ts";
export * from "./store/queue-entries.ts";
export * from "./store/queue-store.ts";
export * from "./store/run-checks.ts";
export * from "./store/run-store.ts";
export * from "./store/schedule-checks.ts";
export * from "./store/schedule-entries.ts";
export * from "./store/schedule-store.ts";
export * from "./store/signals.ts";
export * from "./store/stats-store.ts";
export * from "./store/store.ts";
export * from "./store/transient.ts";
export * from "./store/value-checks.ts";
export * from "./store/worker-store.ts";
export * from "./store/write-checks.ts";
export type { Concurrency } from "./worker/concurrency.ts";
export { JobCancelled } from "./worker/job-cancelled.ts";
export { LeaseLost } from "./worker/lease-lost.ts";
export { type OperatePorts, operate } from "./worker/maintenance/operator.ts";
export {
  DEAD_WARNINGS,
  type DeadWarnings,
  type IsolatedOptions,
  WORKER_DEFAULTS,
  type WorkerOptions,
} from "./worker/options.ts";
export { type OwnedFolders, type OwnedFoldersPorts, ownFolders } from "./worker/owned-folders.ts";
export { STORAGE_DEFAULTS, type StorageOptions } from "./worker/temp-folders.ts";
export { Worker, type WorkerPorts } from "./worker/worker.ts";
