/** What a handler is given beside its input. */
import type { ChildTally } from "../model/children.ts";
import type { Duration } from "../model/duration.ts";
import type { JobId, RunId, Token } from "../model/ids.ts";
import type { Priority } from "../model/job.ts";
import type { AnyTransaction, Transaction } from "../store/call.ts";
import type { ChildResult } from "./child.ts";
import type { Control, SnoozeParts, SuspendParts, WaitParts, WriteParts } from "./control.ts";
import type { Limits } from "./limits.ts";
import type { JobLog, ProgressParts } from "./report.ts";

/** The job an attempt belongs to. */
export interface JobInfo {
  readonly id: JobId;
  readonly name: string;
  readonly queue: string;
  /** Empty for the default tenant. */
  readonly tenant: string;
  readonly priority: Priority;
  readonly generation: number;
  readonly tags: readonly string[];
  readonly correlationId: string | undefined;
  readonly submittedBy: string | undefined;
  readonly run: RunId | undefined;
  readonly parent: JobId | undefined;
  /** The schedule that made it, and the time it was made for; of a fire by hand, the moment. */
  readonly schedule?: { readonly id: string; readonly at: Date } | undefined;
}

/** The context of one attempt. Costly parts are made on first use. */
export interface JobContext {
  /**
   * Fires when the attempt must stop: timeout, end of the shutdown's patience, the job was cancelled (`JobCancelled`),
   * or the lease is lost (`LeaseLost`).
   */
  readonly signal: AbortSignal;
  /** Fires when the worker starts to shut down: a long handler may stop at a safe place, by `return ctx.release()`. */
  readonly draining: AbortSignal;
  /** This execution's number: failed attempts so far plus one. */
  readonly attempt: number;
  readonly job: JobInfo;
  /** The job's; empty for the default tenant. */
  readonly tenant: string;
  /** Grows with every claim of the job: lets other systems refuse what an earlier holder sends late. */
  readonly fence: Token;
  /** What the last applied write with a checkpoint left, here or in an earlier attempt. */
  readonly checkpoint: string | undefined;
  /** How the job's children stand, as of this attempt's start; `undefined` where it has spawned none. */
  readonly children: ChildTally | undefined;
  /**
   * Says how far the job is. The latest word is written at most twice a second, and with the attempt's end; while a
   * transaction of the attempt may be open, only with its next other write. Ignored once the attempt is over.
   * @throws MillraceError `bad-usage` for a number that means nothing, `not-serialisable` or `too-large` for details.
   */
  progress(progress: number | ProgressParts): void;
  /**
   * Adds a line to the job's log, written as `progress` is: the last 1,000 of each generation are kept, cut at 2 KiB.
   * Ignored once the attempt is over.
   */
  readonly log: JobLog;
  /**
   * Adds a child and gives its id. It is written with the next `save` outside a transaction, or with the attempt's end;
   * an attempt that fails writes none that is not yet written.
   * @throws MillraceError `bad-input` where the input does not fit its schema (an asynchronous one fails the attempt),
   * `bad-config`, `not-serialisable`, `too-large`; `bad-usage` in the jobs of batches.
   */
  enqueueChild(definition: unknown, input?: unknown, options?: object): JobId;
  /**
   * To return or throw: the job waits for its children as the policy says, then runs again, and no attempt is burnt; or
   * it ends dead, fingerprint `children-failed`, as soon as the policy can no longer be met.
   * @throws MillraceError `bad-usage` for a policy that means nothing.
   */
  waitForChildren(parts?: WaitParts): Control;
  /** The job's children, newest first, live and ended, read in pages while they are asked for. */
  childResults(): AsyncIterable<ChildResult>;
  /**
   * The transaction this attempt runs in, of a job defined as `transactional`: what the handler writes in it, what it
   * saves and how it ends are committed together or not at all.
   */
  readonly transaction: Transaction | undefined;
  /**
   * Writes while the attempt goes on: all parts together or not at all; in order; once, however often it is sent.
   * Inside `transaction` (the attempt's own where left out) it takes effect when that commits.
   * @throws LeaseLost when the job is no longer ours: stop.
   */
  save(parts: WriteParts, transaction?: AnyTransaction): Promise<void>;
  /** To return or throw: the attempt succeeds with this result, and `parts` are written with it. */
  complete(result: unknown, parts?: WriteParts): Control;
  /** To return or throw: the job waits for its children, then runs again; no attempt is burnt. */
  suspend(parts?: SuspendParts): Control;
  /** To return or throw: the job goes back as ready; no attempt is burnt. */
  release(parts?: WriteParts): Control;
  /**
   * To return or throw: not yet; the job is due again after `delay`. No attempt is burnt, however often. `limit` and `reason`
   * say why, for `explain`.
   * @throws MillraceError `bad-config` for a delay that is none, `bad-input` for a limit or reason that no store keeps.
   */
  snooze(delay: Duration, parts?: SnoozeParts): Control;
  /** Limits of the whole fleet: what is held, and holding them. */
  readonly limits: Limits;
  /** Holds a limit for the whole fleet, as `ctx.limits.hold` does: at once, in no transaction of the attempt's. */
  readonly hold: Limits["hold"];
  /**
   * An empty folder of this attempt's own on the local disk (`storage.tempDir`); the same at every call. It is removed
   * with all that is in it when the attempt ends, or by a later sweep when the process dies before.
   * @throws MillraceError `bad-usage` once the attempt is over, and what the file system throws.
   */
  tempFolder(): Promise<string>;
  /**
   * Settles as `control` says inside a transaction, as its last statement; to be returned once that has committed.
   * @throws LeaseLost when the job is no longer ours, JobCancelled when it was cancelled meanwhile: let the transaction
   * roll back.
   */
  settle(control: Control, transaction: AnyTransaction): Promise<Control>;
}
