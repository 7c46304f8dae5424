/** Makes an attempt's context: cheap to create, each costly part made when a handler first asks for it. */

import type { ChildRequest, NewChild } from "../job/child.ts";
import type { JobContext, JobInfo } from "../job/context.ts";
import {
  type Control,
  makeControl,
  partsOf,
  type SuspendParts,
  type WaitParts,
  type WriteParts,
} from "../job/control.ts";
import type { JobLog } from "../job/report.ts";
import type { ChildPolicy, ChildTally } from "../model/children.ts";
import { durationMs } from "../model/duration.ts";
import type { Envelope } from "../model/envelope.ts";
import { MillraceError } from "../model/errors.ts";
import type { Token } from "../model/ids.ts";
import type { JobLogLevel } from "../model/report.ts";
import type { AnyTransaction, Transaction } from "../store/call.ts";
import { checkPolicy } from "../store/checks.ts";
import type { Store } from "../store/store.ts";
import { childResults } from "./child-results.ts";
import type { Holder } from "./holder.ts";
import { progressText } from "./progress-text.ts";

/** What a context is built on. */
export interface ContextPorts {
  readonly holder: Holder;
  readonly envelope: Envelope;
  readonly store: Pick<Store, "find">;
  /** Left out where the handler makes no children this way. */
  readonly newChild: ((child: ChildRequest) => NewChild) | undefined;
  /** The transaction the whole attempt runs in, where it does. */
  readonly transaction: Transaction | undefined;
  settle(control: Control, transaction: AnyTransaction): Promise<Control>;
}

/** Methods are getters that give bound functions, so that a handler may take the context apart. */
export class AttemptContext implements JobContext {
  readonly #ports: ContextPorts;
  #job: JobInfo | undefined;
  #log: JobLog | undefined;

  constructor(ports: ContextPorts) {
    this.#ports = ports;
  }

  get signal(): AbortSignal {
    this.#ports.holder.enter();
    return this.#ports.holder.signal;
  }

  get draining(): AbortSignal {
    this.#ports.holder.enter();
    return this.#ports.holder.draining;
  }

  get attempt(): number {
    return this.#ports.holder.job.attempt;
  }

  get fence(): Token {
    return this.#ports.holder.job.token;
  }

  get checkpoint(): string | undefined {
    return this.#ports.holder.checkpoint;
  }

  get transaction(): Transaction | undefined {
    return this.#ports.transaction;
  }

  get job(): JobInfo {
    this.#job ??= jobInfo(this.#ports.holder, this.#ports.envelope);
    return this.#job;
  }

  get tenant(): string {
    return this.#ports.holder.job.tenant;
  }

  get children(): ChildTally | undefined {
    return this.#ports.holder.job.children;
  }

  get progress(): JobContext["progress"] {
    return (progress) => {
      const text = progressText(progress);
      this.#ports.holder.reports?.progress(text);
    };
  }

  get log(): JobLog {
    this.#log ??= jobLog((level, message) => this.#ports.holder.reports?.log(level, String(message)));
    return this.#log;
  }

  get enqueueChild(): JobContext["enqueueChild"] {
    return (definition, input, options = {}) => {
      const { holder, newChild } = this.#ports;
      if (newChild === undefined) {
        throw new MillraceError("bad-usage", `jobs named "${holder.job.name}" have no ctx.enqueueChild`);
      }
      const child = newChild({ definition, input, options, parent: this.job });
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
    return () => childResults(this.#ports.store, this.#ports.holder.job.id);
  }

  get save(): JobContext["save"] {
    return (parts, transaction = this.transaction) => this.#ports.holder.save(partsOf(parts), transaction);
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
    return (delay, parts = {}) =>
      makeControl({
        parts: partsOf(parts),
        end: { kind: "snoozed", delayMs: Math.round(durationMs(delay, "ctx.snooze")) },
      });
  }

  get settle(): JobContext["settle"] {
    return (control, transaction) => this.#ports.settle(control, transaction);
  }
}

function jobLog(add: (level: JobLogLevel, message: string) => void): JobLog {
  const at = (level: JobLogLevel) => (message: string) => add(level, message);
  return Object.freeze(Object.assign(at("info"), { info: at("info"), warn: at("warn"), error: at("error") }));
}

function policyOf(policy: WaitParts["policy"]): ChildPolicy {
  return typeof policy === "object" ? policy : { kind: policy ?? "wait-all" };
}

/** What a job's handler and callbacks are told of it. */
export function jobInfo({ job }: Holder, envelope: Envelope): JobInfo {
  return Object.freeze({
    id: job.id,
    name: job.name,
    queue: job.queue,
    tenant: job.tenant,
    priority: job.priority,
    generation: job.generation,
    tags: envelope.tags ?? [],
    correlationId: envelope.correlationId,
    submittedBy: envelope.submittedBy,
    run: job.run,
    parent: job.parent,
  });
}
