/** Local listeners to events: one reading for all of them. */
import { AsyncResource } from "node:async_hooks";
import { MillraceError } from "../model/errors.ts";
import { backoffMs, type OnError, reportingErrors } from "../runtime/service.ts";
import { type Cancel, sleep, type Timing } from "../runtime/timers.ts";
import { checkListened, type Listened, type MillraceEvent } from "./event.ts";
import type { EventReader } from "./event-reader.ts";

/** What {@link Listeners} work with. */
export interface ListenersOptions {
  readonly reader: EventReader;
  readonly timing: Timing;
  readonly onError: OnError;
}

interface Listener {
  readonly kind: Listened;
  readonly call: (event: MillraceEvent) => unknown;
}

/** Longest that calls made after `on` are held back until the listener hears. */
const MAX_JOIN_MS = 1_000;

/** Those who listen, and those about to. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #listeners = new Set<Listener>();
  /** Not told anything before a reading that began after they came has found the end. */
  readonly #joining = new Set<Listener>();
  #onJoined: (() => void)[] = [];
  #listening: AbortController | undefined;
  #isClosed = false;
  /** Who listens first has no part in the reading: what its asynchronous context holds is left outside. */
  readonly #scope = new AsyncResource("MillraceListeners");

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Adds a listener; gives what takes it away again. @throws MillraceError `bad-config`, `store-closed`. */
  on(kind: Listened, call: (event: MillraceEvent) => unknown): Cancel {
    checkListened(kind);
    if (this.#isClosed)
      throw new MillraceError("store-closed", "the client is closed; there is nothing to hear");
    const listener = { kind, call };
    this.#joining.add(listener);
    if (this.#listening === undefined) void this.#scope.runInAsyncScope(() => this.#listen());
    else this.#options.reader.hurry();
    return () => this.#remove(listener);
  }

  /** Whether somebody came and does not hear yet. */
  get isJoining(): boolean {
    return this.#joining.size > 0;
  }

  /** Resolves when everybody who came hears, or after a moment: nobody is held back for ever. */
  ready(): Promise<void> {
    if (!this.isJoining) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const cancel = this.#options.timing.after(MAX_JOIN_MS, resolve);
      this.#onJoined.push(() => {
        cancel();
        resolve();
      });
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#joining.clear();
    this.#stop();
  }

  #remove(listener: Listener): void {
    this.#listeners.delete(listener);
    this.#joining.delete(listener);
    if (this.#listeners.size + this.#joining.size === 0) this.#stop();
  }

  #stop(): void {
    this.#listening?.abort();
    this.#listening = undefined;
    this.#tellJoined();
  }

  /** Reads and tells until nobody listens or the client closes; trouble is reported and read past. */
  async #listen(): Promise<void> {
    const { reader, timing, onError } = this.#options;
    const listening = new AbortController();
    const { signal } = listening;
    this.#listening = listening;
    let after = "latest";
    let readings = reader.readings({ after, signal });
    for (let failures = 1; ; failures += 1) {
      const joining = [...this.#joining];
      // They came while the reading before was under way or had been rested from: the next one is theirs.
      if (joining.length > 0) reader.hurry();
      try {
        const { done, value } = await readings.next();
        if (done) return;
        after = value.next;
        for (const event of value.events) this.#tell(event);
        if (value.isCurrent) this.#join(joining);
        failures = 0;
      } catch (error) {
        onError(error, "on");
        await sleep(timing, backoffMs(failures), signal);
        readings = reader.readings({ after, signal });
      }
    }
  }

  #join(joining: readonly Listener[]): void {
    for (const listener of joining) if (this.#joining.delete(listener)) this.#listeners.add(listener);
    if (this.#joining.size === 0) this.#tellJoined();
  }

  #tellJoined(): void {
    for (const tell of this.#onJoined.splice(0)) tell();
  }

  #tell(event: MillraceEvent): void {
    for (const { kind, call } of [...this.#listeners]) {
      if (kind !== "*" && kind !== event.kind) continue;
      reportingErrors(
        () => call(event),
        (error) => this.#options.onError(error, "on"),
      );
    }
  }
}
