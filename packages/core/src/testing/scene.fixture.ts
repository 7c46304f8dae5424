/** What worker tests share: a store on moved time that counts calls and can fail, and a client on it. */

import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace, type Definition, type Millrace } from "../millrace.ts";
import { MillraceError } from "../model/errors.ts";
import type { Store } from "../store/store.ts";
import type { WorkerOptions } from "../worker/options.ts";
import { Worker } from "../worker/worker.ts";
import { interceptedStore, type StoreVerb } from "./intercepted-store.ts";
import { VirtualTime } from "./virtual-time.ts";

type Verb = Exclude<StoreVerb, "transaction">;

/** Calls seen, and what to do to them. */
interface Watch {
  /** Arguments of every call, by verb. */
  readonly calls: { readonly [V in Verb]: Parameters<Store[V]>[] };
  /** Runs before the call of this verb; throws to have the call fail before it does anything. */
  before: Partial<Record<Verb, () => void | Promise<void>>>;
  /** Runs after the call took effect; throws to lose its answer. */
  after: Partial<Record<Verb, () => void | Promise<void>>>;
}

/** The store, watched. */
function watched(store: Store): { readonly store: Store; readonly watch: Watch } {
  const calls: Partial<Record<Verb, unknown[]>> = {};
  const listOf = (verb: Verb) => {
    calls[verb] ??= [];
    return calls[verb];
  };
  // Lists come about when they are first looked at or written to.
  const lists = new Proxy(calls, {
    get: (_target, verb) => listOf(verb as Verb),
  }) as unknown as Watch["calls"];
  const watch: Watch = { calls: lists, before: {}, after: {} };
  const intercepted = interceptedStore(store, async ({ verb, args }, make) => {
    if (verb === "transaction") return make();
    listOf(verb).push(args);
    await watch.before[verb]?.();
    const answer = await make();
    await watch.after[verb]?.();
    return answer;
  });
  return { store: intercepted, watch };
}

/** Trouble that passes. */
export function unreachable(): never {
  throw new MillraceError("store-unreachable", "the store cannot be reached");
}

/** A client on a watched memory store, all on one virtual time. */
export interface Scene<Definitions extends readonly Definition[]> {
  readonly time: VirtualTime;
  readonly watch: Watch;
  readonly store: Store;
  readonly mr: Millrace<Definitions>;
  /** What was reported, as `[where, error]`. */
  readonly errors: [string, unknown][];
  /** A worker of another process: shares nothing but the store. */
  otherWorker(options?: WorkerOptions): Worker;
}

export function scene<const Definitions extends readonly Definition[]>(
  jobs: Definitions,
  { multiProcess = false }: { /** What the store says of itself. */ readonly multiProcess?: boolean } = {},
): Scene<Definitions> {
  const time = new VirtualTime();
  const made = memoryStore({ now: () => time.now() });
  const inner = { ...made, capabilities: { ...made.capabilities, multiProcess } };
  const { store, watch } = watched(inner);
  const errors: [string, unknown][] = [];
  const onError = (error: unknown, where: string) => void errors.push([where, error]);
  const mr = createMillrace({ store, jobs, onError, timing: time });
  const otherWorker = (options?: WorkerOptions) => {
    const worker = new Worker(
      { store: inner, registry: mr.registry, open: mr.open, onError, timing: time },
      options,
    );
    worker.start();
    return worker;
  };
  return { time, watch, store: inner, mr, errors, otherWorker };
}

/** A promise to be settled from outside. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
