/** Follows a store's events: reads on at once while there are more, then ever less often. */
import { backoffMs, type OnError } from "../runtime/service.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import type { EventPage } from "../store/event-store.ts";
import type { Store } from "../store/store.ts";
import { troubleOf } from "../store/transient.ts";
import { jobEvent, type MillraceEvent } from "./event.ts";

/** What an {@link EventReader} works with. */
export interface EventReaderPorts {
  readonly store: Pick<Store, "events">;
  readonly timing: Timing;
  readonly onError: OnError;
  /** Awaited before each look. */
  open(): Promise<unknown>;
}

/** From where, and how long, to follow. */
export interface FollowEventsOptions {
  /**
   * The position of an event read earlier: those later come next. `latest`: those that happen from now on. From the
   * oldest event kept where left out.
   */
  readonly after?: string | undefined;
  /** Ends the iteration when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** One reading. */
export interface EventsRead {
  readonly events: readonly MillraceEvent[];
  /** Whether nothing followed when it was made. */
  readonly isCurrent: boolean;
  /** What to go on from. */
  readonly next: string;
}

/** The rest between two readings of one following. */
interface Rest {
  readonly ms: number;
  readonly woken: AbortController;
  /** Something has happened since the reading before it began. */
  isNudged: boolean;
  /** Its first part, which nudges leave alone, is over. */
  isLong: boolean;
}

/** Most events of one reading. */
const LIMIT = 500;
const FIRST_REST_MS = 50;
const MAX_REST_MS = 1_000;

/** All followings of a client. */
export class EventReader {
  readonly #ports: EventReaderPorts;
  readonly #closing = new AbortController();
  readonly #rests = new Set<Rest>();

  constructor(ports: EventReaderPorts) {
    this.#ports = ports;
  }

  /** Each event, until the signal fires or the client closes. @throws what the store throws, but for passing trouble. */
  async *follow(options: FollowEventsOptions = {}): AsyncGenerator<MillraceEvent, void, undefined> {
    const letGo = this.#ports.timing.hold();
    try {
      for await (const { events } of this.readings(options)) {
        for (const event of events) {
          if (options.signal?.aborted || this.#closing.signal.aborted) return;
          yield event;
        }
      }
    } finally {
      letGo();
    }
  }

  /** As `follow`, reading by reading, those that found nothing among them; does not keep the process alive. */
  async *readings({ after, signal }: FollowEventsOptions): AsyncGenerator<EventsRead, void, undefined> {
    const { signal: closing } = this.#closing;
    const stop = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    let position = after;
    let restMs = FIRST_REST_MS;
    for (;;) {
      const rest = this.#plan(restMs);
      try {
        const page = await this.#read(position, stop);
        if (page === undefined || stop.aborted) return;
        const isEnd = page.next === position;
        yield { events: eventsOf(page), isCurrent: isEnd || position === "latest", next: page.next };
        position = page.next;
        if (isEnd) await this.#rest(rest, stop);
        restMs = isEnd && !rest.isNudged ? Math.min(restMs * 2, MAX_REST_MS) : FIRST_REST_MS;
      } finally {
        this.#rests.delete(rest);
      }
    }
  }

  /** Something has happened: whoever rests looks soon. */
  nudge(): void {
    for (const rest of this.#rests) {
      rest.isNudged = true;
      if (rest.isLong) rest.woken.abort();
    }
  }

  /** Somebody waits for the next look: it comes at once. */
  hurry(): void {
    for (const rest of this.#rests) rest.woken.abort();
  }

  /** Ends all followings. */
  close(): void {
    this.#closing.abort();
  }

  /** One page, however long it takes to get it; `undefined` once stopped. */
  async #read(after: string | undefined, stop: AbortSignal): Promise<EventPage | undefined> {
    const { store, open } = this.#ports;
    for (let failures = 1; !stop.aborted; failures += 1) {
      try {
        await open();
        return await store.events({ limit: LIMIT, ...(after === undefined ? {} : { after }) });
      } catch (error) {
        if (!stop.aborted) await this.#waitOut(error, failures, stop);
      }
    }
    return undefined;
  }

  /** @throws the error where waiting would not help. */
  async #waitOut(error: unknown, failures: number, stop: AbortSignal): Promise<void> {
    if (troubleOf(error) !== "passing") throw error;
    this.#ports.onError(error, "events");
    await sleep(this.#ports.timing, backoffMs(failures), stop);
  }

  /** The rest after a reading that is about to begin: whatever happens from now on may shorten it. */
  #plan(ms: number): Rest {
    const rest = { ms, woken: new AbortController(), isNudged: false, isLong: false };
    this.#rests.add(rest);
    return rest;
  }

  /** A busy store's nudges must not become one reading for each: the first part of a rest is kept. */
  async #rest(rest: Rest, stop: AbortSignal): Promise<void> {
    const { timing } = this.#ports;
    const { woken, ms } = rest;
    const wake = () => woken.abort();
    if (stop.aborted) wake();
    stop.addEventListener("abort", wake, { once: true });
    await sleep(timing, FIRST_REST_MS, woken.signal);
    rest.isLong = true;
    if (!rest.isNudged && ms > FIRST_REST_MS) await sleep(timing, ms - FIRST_REST_MS, woken.signal);
    stop.removeEventListener("abort", wake);
  }
}

function eventsOf(page: EventPage): readonly MillraceEvent[] {
  if (page.reset) return [Object.freeze({ kind: "reset", position: page.next })];
  return page.events.map(jobEvent);
}
