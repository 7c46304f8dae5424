/** Which job names a process can run, and how. */
import { MillraceError } from "../model/errors.ts";
import type { DefinedRetryPolicy } from "../model/retry.ts";
import type { JobCallbacks } from "./callbacks.ts";
import type { ChildRequest, NewChild } from "./child.ts";
import type { JobContext } from "./context.ts";
import type { Isolation } from "./isolation.ts";

/** A job type as the worker runs it. Everything a definition, a run's coordinator or a chunk step boils down to. */
export interface Handler {
  readonly name: string;
  /** Where its jobs go; a worker that names no queues serves these. */
  readonly queue: string;
  /** By the job's priority where left out; a job's own comes first. */
  readonly retry?: DefinedRetryPolicy | undefined;
  /** Of one attempt; none where left out; a job's own comes first. */
  readonly timeoutMs?: number | undefined;
  /** Whether `run` and the settlement are one transaction of the store; its length is bounded by `timeoutMs`. */
  readonly isTransactional?: boolean | undefined;
  /** The process its attempts run in, by what a module exports; where left out they run here, by `run`. */
  readonly isolation?: Isolation | undefined;
  /** Told of this handler's jobs, once what they tell is applied. */
  readonly on?: JobCallbacks | undefined;
  /**
   * What a job with this payload is run by, where that differs by payload: its retry policy, timeout and `run` are what
   * counts then. It has this one's name. What it throws fails the attempt, which this one's policy judges.
   */
  forPayload?(payload: unknown): Handler;
  /** Turns the payload into what `run` takes. Throws a `ClassedError` of class validation for a bad one. */
  validate?(payload: unknown): unknown;
  /** Gives up what it keeps between attempts; called when a worker starts to drain, and when it has. It may be asked to run again. */
  close?(): void;
  /** Makes a child of a job of this handler; where left out, its jobs have none but those they spawn by `parts`. */
  newChild?(child: ChildRequest): NewChild;
  /** Runs an attempt: a plain value completes it, a `Control` ends it as it says, a throw fails it. */
  run(input: unknown, ctx: JobContext): unknown;
}

/** A handler that runs in a process of its own. */
type IsolatedHandler = Handler & { readonly isolation: Isolation };

/** Handlers by job name. Workers see handlers added while they run. */
export class Registry {
  readonly #handlers = new Map<string, Handler>();
  #names: readonly string[] = [];
  #queues: readonly string[] = [];
  #isolated: readonly IsolatedHandler[] = [];

  /** @throws MillraceError `bad-config` for a name taken by another handler. */
  add(handler: Handler): void {
    const known = this.#handlers.get(handler.name);
    if (known === handler) return;
    if (known !== undefined) {
      throw new MillraceError("bad-config", `two jobs are named "${handler.name}"; give each its own name`);
    }
    this.#handlers.set(handler.name, handler);
    this.#names = [...this.#handlers.keys()];
    this.#queues = [...new Set([...this.#handlers.values()].map((each) => each.queue))];
    this.#isolated = [...this.#handlers.values()].filter(isIsolated);
  }

  get(name: string): Handler | undefined {
    return this.#handlers.get(name);
  }

  /** Has every handler give up what it keeps between attempts. */
  close(): void {
    for (const handler of this.#handlers.values()) handler.close?.();
  }

  /** The same array until a handler is added. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** The same array until a handler is added. */
  get queues(): readonly string[] {
    return this.#queues;
  }

  /** Those that run in processes of their own; the same array until a handler is added. */
  get isolated(): readonly IsolatedHandler[] {
    return this.#isolated;
  }
}

function isIsolated(handler: Handler): handler is IsolatedHandler {
  return handler.isolation !== undefined;
}
