/** Makes an attempt's context: cheap to create, each costly part made when a handler first asks for it. */

import type { JobContext, JobInfo } from "../job/context.ts";
import {
  type Control,
  type ControlMeaning,
  makeControl,
  partsOf,
  type SuspendParts,
  type WaitParts,
  type WriteParts,
} from "../job/control.ts";
import { refuseInside } from "../job/inside-transaction.ts";
import type { LimitGate } from "../job/limit-gate.ts";
import { type Limits, limitsOn } from "../job/limits.ts";
import type { JobLog } from "../job/report.ts";
import type { ChildPolicy, ChildTally } from "../model/children.ts";
import { durationMs } from "../model/duration.ts";
import type { Envelope } from "../model/envelope.ts";
import { MillraceError } from "../model/errors.ts";
import type { Token } from "../model/ids.ts";
import type { SnoozeNote } from "../model/limit.ts";
import type { JobLogLevel } from "../model/report.ts";
import type { AnyTransaction, Transaction } from "../store/call.ts";
import { checkSnoozeNote } from "../store/limit-checks.ts";
import type { Store } from "../store/store.ts";
import { checkPolicy } from "../store/write-checks.ts";
import type { Attempt } from "./attempt.ts";
import { type AttemptFolders, folderOf } from "./attempt-folder.ts";
import { childResults } from "./child-results.ts";
import type { Holder } from "./holder.ts";
import { progressText } from "./progress-text.ts";

/** What all contexts of a worker are built on. */
export interface ContextPorts {
  readonly store: Pick<Store, "find">;
  readonly tempFolders: AttemptFolders;
  readonly gate: LimitGate;
  readonly worker: string;
  settleWith(attempt: Attempt, control: Control, transaction: AnyTransaction): Promise<Control>;
}

/** Methods are getters that give bound functions, so that a handler may take the context apart. */
export class AttemptContext implements JobContext {
  readonly #attempt: Attempt;
  readonly #ports: ContextPorts;
  /** The one the whole attempt runs in, where it does. */
  readonly transaction: Transaction | undefined;
  #job: JobInfo | undefined;
  #log: JobLog | undefined;
  #limits: Limits | undefined;

  constructor(attempt: Attempt, ports: ContextPorts, transaction: Transaction | undefined) {
    this.#attempt = attempt;
    this.#ports = ports;
    this.transaction = transaction;
  }

  get #holder(): Holder {
    return this.#attempt.holder;
  }

  get signal(): AbortSignal {
    this.#holder.enter();
    return this.#holder.signal;
  }

  get draining(): AbortSignal {
    this.#holder.enter();
    return this.#holder.draining;
  }

  get attempt(): number {
    return this.#holder.job.attempt;
  }

  get fence(): Token {
    return this.#holder.job.token;
  }

  get checkpoint(): string | undefined {
    return this.#holder.checkpoint;
  }

  get job(): JobInfo {
    this.#job ??= jobInfo(this.#holder, this.#attempt.envelope);
    return this.#job;
  }

  get tenant(): string {
    return this.#holder.job.tenant;
  }

  get children(): ChildTally | undefined {
    return this.#holder.job.children;
  }

  get progress(): JobContext["progress"] {
    return (progress) => {
      const text = progressText(progress);
      this.#holder.reports?.progress(text);
    };
  }

  get log(): JobLog {
    this.#log ??= jobLog((level, message) => this.#holder.reports?.log(level, String(message)));
    return this.#log;
  }

  get enqueueChild(): JobContext["enqueueChild"] {
    return (definition, input, options = {}) => {
      const { holder, handler } = this.#attempt;
      if (handler?.newChild === undefined) {
        throw new MillraceError("bad-usage", `jobs named "${holder.job.name}" have no ctx.enqueueChild`);
      }
      const child = handler.newChild({ definition, input, options, parent: this.job });
      holder.addChild(child);
      return child.job.id;
    };
  }

  get waitForChildren(): JobContext["waitForChildren"] {
    return (parts = {}) => {
      const policy = policyOf(parts.policy);
      checkPolicy(policy);
      return makeControl({ parts: partsOf(parts), end: { kind: "suspended", wakeAt: 0, policy } });
    };
  }

  get childResults(): JobContext["childResults"] {
    return () => childResults(this.#ports.store, this.#holder.job.id);
  }

  get save(): JobContext["save"] {
    return async (parts, transaction = this.transaction) => {
      if (transaction === undefined) refuseInside();
      return this.#holder.save(partsOf(parts), transaction);
    };
  }

  get complete(): JobContext["complete"] {
    return (result: unknown, parts: WriteParts = {}) =>
      makeControl({ parts: partsOf(parts), end: { kind: "completed", result } });
  }

  get suspend(): JobContext["suspend"] {
    return (parts: SuspendParts = {}) =>
      makeControl({ parts: partsOf(parts), end: { kind: "suspended", wakeAt: parts.wakeAt ?? 0 } });
  }

  get release(): JobContext["release"] {
    return (parts: WriteParts = {}) => makeControl({ parts: partsOf(parts), end: { kind: "released" } });
  }

  get snooze(): JobContext["snooze"] {
    return (delay, parts = {}) => makeControl({ parts: partsOf(parts), end: snoozeOf(delay, parts) });
  }

  get limits(): Limits {
    this.#limits ??= limitsOn(this.#ports.gate, this.#ports.worker);
    return this.#limits;
  }

  get hold(): Limits["hold"] {
    return this.limits.hold;
  }

  get tempFolder(): JobContext["tempFolder"] {
    return () => folderOf(this.#attempt, this.#ports.tempFolders);
  }

  get settle(): JobContext["settle"] {
    return (control, transaction) => this.#ports.settleWith(this.#attempt, control, transaction);
  }
}

/** A log whose lines go to `add`. */
export function jobLog(add: (level: JobLogLevel, message: string) => void): JobLog {
  const at = (level: JobLogLevel) => (message: string) => add(level, message);
  return Object.freeze(Object.assign(at("info"), { info: at("info"), warn: at("warn"), error: at("error") }));
}

/** What a snooze ends an attempt with. @throws MillraceError `bad-config`, `bad-input` */
export function snoozeOf(
  delay: Parameters<JobContext["snooze"]>[0],
  { limit, reason }: SnoozeNote,
): Extract<ControlMeaning["end"], { kind: "snoozed" }> {
  const delayMs = Math.round(durationMs(delay, "ctx.snooze"));
  if (limit === undefined && reason === undefined) return { kind: "snoozed", delayMs };
  const note = { limit, reason };
  checkSnoozeNote(note, () => "ctx.snooze");
  return { kind: "snoozed", delayMs, note };
}

/** A policy, of the words that stand for one. */
export function policyOf(policy: WaitParts["policy"]): ChildPolicy {
  return typeof policy === "object" ? policy : { kind: policy ?? "wait-all" };
}

/** What a job's handler and callbacks are told of it. */
export function jobInfo({ job }: Holder, envelope: Envelope | undefined): JobInfo {
  return Object.freeze({
    id: job.id,
    name: job.name,
    queue: job.queue,
    tenant: job.tenant,
    priority: job.priority,
    generation: job.generation,
    tags: envelope?.tags ?? [],
    correlationId: envelope?.correlationId,
    submittedBy: envelope?.submittedBy,
    run: job.run,
    parent: job.parent,
    schedule: envelope?.schedule && { id: envelope.schedule.id, at: new Date(envelope.schedule.fireMs) },
  });
}
