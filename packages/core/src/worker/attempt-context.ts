/** Makes an attempt's context: cheap to create, each costly part made when a handler first asks for it. */

import type { JobContext, JobInfo } from "../job/context.ts";
import { type Control, makeControl, partsOf, type SuspendParts, type WriteParts } from "../job/control.ts";
import { durationMs } from "../model/duration.ts";
import type { Envelope } from "../model/envelope.ts";
import type { Token } from "../model/ids.ts";
import type { Transaction } from "../store/call.ts";
import type { Holder } from "./holder.ts";

/** What a context is built on. */
export interface ContextPorts {
  readonly holder: Holder;
  readonly envelope: Envelope;
  settle(control: Control, transaction: Transaction): Promise<Control>;
}

/** Methods are getters that give bound functions, so that a handler may take the context apart. */
export class AttemptContext implements JobContext {
  readonly #ports: ContextPorts;
  #job: JobInfo | undefined;

  constructor(ports: ContextPorts) {
    this.#ports = ports;
  }

  get signal(): AbortSignal {
    return this.#ports.holder.signal;
  }

  get draining(): AbortSignal {
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

  get job(): JobInfo {
    this.#job ??= jobInfo(this.#ports.holder, this.#ports.envelope);
    return this.#job;
  }

  get save(): JobContext["save"] {
    return (parts, transaction) => this.#ports.holder.save(partsOf(parts), transaction);
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

function jobInfo({ job }: Holder, envelope: Envelope): JobInfo {
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
