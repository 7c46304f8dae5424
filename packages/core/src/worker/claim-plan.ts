/** Decides what the next claim asks for: first work for free slots, then, of jobs known to be short, some ahead. */
import { type ClaimedJob, PRIORITIES, type Priority } from "../model/job.ts";
import type { ClaimWant } from "../store/job-store.ts";
import type { Opening } from "../store/signals.ts";
import type { ProcessPlaces } from "./isolated/process-places.ts";
import type { Pace } from "./pace.ts";
import type { Slots } from "./slots.ts";
import { shareOut } from "./wants.ts";

/** What a {@link ClaimPlan} looks at. */
export interface ClaimPlanOptions {
  readonly slots: Slots;
  readonly pace: Pace;
  /** Most jobs held beyond the slots. */
  readonly buffer: number;
  /** The queues served now. */
  readonly queues: () => readonly string[];
  /** The classes served; all where undefined. */
  readonly priorities: readonly Priority[] | undefined;
  /** Whether slots that these leave free go to other classes. */
  readonly lends: boolean;
  /** The job names run now, and how many isolated ones. */
  readonly places: Pick<ProcessPlaces, "names" | "ask" | "full">;
  /** Settlements on their way; claiming pauses while they pile up. */
  readonly backlog: () => number;
}

/** Most jobs of one claim. */
const MAX_CLAIM = 1_000;
/** Settlements that may wait beside as many as there are slots. */
const MAX_BACKLOG = 2 * MAX_CLAIM;
/** Where only some names are claimed ahead, the others get a look at free slots at least so often. */
const OPEN_EVERY_MS = 250;
/** Every so many claims one gives places to overdue jobs, as many as one in so many of all. */
const OVERDUE_EVERY = 10;

/** What an answer says about the next claim. */
export interface Noted {
  /** Queues that were full, or got no share, may hold more than was asked for. */
  readonly leftMore: boolean;
  /** There were fewer slots than queues, and some queues' turn is yet to come before the next rest. */
  readonly isPassingOver: boolean;
}

/** Remembers which queues were full, and when all names had their last look. */
export class ClaimPlan {
  readonly #options: ClaimPlanOptions;
  readonly #deep = new Set<string>();
  #openedAtMs = Number.NEGATIVE_INFINITY;
  /** Where the next look begins, and how many queues have been looked at in vain since the last rest. */
  #firstQueue = 0;
  #askedInVain = 0;
  #firstLent = 0;
  /** Whether the last wants were of all names, so that nothing of the own classes was passed over. */
  #askedAll = false;
  #claims = 0;
  #claimed = 0;

  constructor(options: ClaimPlanOptions) {
    this.#options = options;
  }

  /** Whether any queue gave all it was last asked for, so that more may be there. */
  get isDeep(): boolean {
    return this.#deep.size > 0;
  }

  /** Wants of the next claim; none while there is room for nothing. */
  next(nowMs: number): readonly ClaimWant[] {
    const { slots, pace, buffer, places, backlog } = this.#options;
    const { names: all, most } = places.ask(nowMs);
    if (all.length === 0 || backlog() > slots.limit + MAX_BACKLOG) return [];
    const { names: short, perSlot, most: fitting } = pace.ahead(all, nowMs);
    const isMixed = short.length < all.length;
    this.#askedAll = !isMixed || slots.spare > 0;
    const ahead = Math.min(perSlot * slots.limit, buffer, fitting);
    if (isMixed && slots.spare > 0) {
      this.#openedAtMs = nowMs;
      return this.#share(all, 0, Math.min(slots.spare, most));
    }
    if (isMixed && nowMs - this.#openedAtMs >= OPEN_EVERY_MS) return [];
    const room = slots.spare + ahead;
    return slots.spare > 0 || room > ahead / 2 ? this.#share(short, perSlot, room) : [];
  }

  /**
   * Places of the next claim that go first to overdue jobs: none in nine claims of ten; in the tenth, a tenth of what
   * the nine before took, and at least one.
   */
  overdue(wants: readonly ClaimWant[]): number {
    this.#claims += 1;
    if (this.#claims % OVERDUE_EVERY !== 0) return 0;
    const places = Math.floor(this.#claimed / OVERDUE_EVERY / wants.length);
    this.#claimed = 0;
    return Math.max(1, places);
  }

  /** Wants for one suspect: never beyond the slots. */
  suspect(): readonly ClaimWant[] {
    const { slots, places } = this.#options;
    return slots.spare > 0
      ? this.#share(places.names(), 0, slots.spare).map((want) => ({ ...want, max: 1 }))
      : [];
  }

  /** Whether slots may be lent at all. */
  get lends(): boolean {
    return this.#options.lends;
  }

  /**
   * Wants of other classes, when nothing was found of the own ones: never the last free slot, of the worker or of a queue,
   * and nothing ahead, so that a job of an own class waits for no more than one of these.
   */
  lent(nowMs: number): readonly ClaimWant[] {
    const { slots, places, lends, priorities: own = PRIORITIES } = this.#options;
    const priorities = PRIORITIES.filter((priority) => !own.includes(priority));
    if (!lends || !this.#askedAll || priorities.length === 0) return [];
    const shares = this.#inTurn(this.#firstLent).map((queue) => ({
      queue,
      max: slots.spareOf(queue) - 1,
      deep: false,
    }));
    const { names, most } = places.ask(nowMs);
    const wants = shareOut(shares, Math.min(slots.spare - 1, most, MAX_CLAIM));
    this.#firstLent += wants.length;
    return wants.map((want) => ({ ...want, names, priorities }));
  }

  /** What may be offered while the worker is idle: the free slots, shared out. */
  openings(): readonly Opening[] {
    const { slots, queues, places, priorities } = this.#options;
    const wanted = { names: places.names(), ...(priorities === undefined ? {} : { priorities }) };
    const all = queues().map((queue) => ({ queue, max: slots.spareOf(queue), deep: false }));
    const shares = new Map(shareOut(all, Math.max(0, slots.spare)).map(({ queue, max }) => [queue, max]));
    return all.map(({ queue }) => ({ queue, max: shares.get(queue) ?? 0, ...wanted }));
  }

  /** Whether the job could be started at once. */
  hasRoomFor({ queue, name }: Pick<ClaimedJob, "queue" | "name">): boolean {
    const { slots, places } = this.#options;
    return slots.spare > 0 && slots.spareOf(queue) > 0 && places.names().includes(name);
  }

  /** Notes what a claim brought. */
  note(wants: readonly ClaimWant[], found: readonly Pick<ClaimedJob, "queue" | "name">[]): Noted {
    this.#claimed += found.length;
    if (found.length >= sumOf(wants)) this.#options.places.full(found.map(({ name }) => name));
    for (const { queue, max } of wants) {
      const isFull = found.length >= max && countOf(queue, found) >= max;
      if (isFull) this.#deep.add(queue);
      else this.#deep.delete(queue);
    }
    const { length } = this.#options.queues();
    const isPassingOver = this.#passOn(wants.length, found.length, length);
    return { leftMore: this.isDeep || wants.length < length, isPassingOver };
  }

  #passOn(asked: number, found: number, queues: number): boolean {
    this.#firstQueue = (this.#firstQueue + asked) % queues;
    this.#askedInVain = found > 0 ? 0 : this.#askedInVain + asked;
    if (this.#askedInVain < queues) return asked < queues;
    this.#askedInVain = 0;
    return false;
  }

  #share(names: readonly string[], perSlot: number, room: number): readonly ClaimWant[] {
    const { slots, buffer, priorities } = this.#options;
    if (names.length === 0 || room <= 0) return [];
    const shares = this.#inTurn(this.#firstQueue).map((queue) => ({
      queue,
      max: slots.spareOf(queue) + Math.min(perSlot * slots.limitOf(queue), buffer),
      deep: this.#deep.has(queue),
    }));
    const wanted = priorities === undefined ? { names } : { names, priorities };
    return shareOut(shares, Math.min(room, MAX_CLAIM)).map((share) => ({ ...share, ...wanted }));
  }

  #inTurn(first: number): readonly string[] {
    const all = this.#options.queues();
    const from = first % Math.max(1, all.length);
    return [...all.slice(from), ...all.slice(0, from)];
  }
}

function sumOf(wants: readonly ClaimWant[]): number {
  return wants.reduce((sum, { max }) => sum + max, 0);
}

function countOf(queue: string, found: readonly { readonly queue: string }[]): number {
  let count = 0;
  for (const job of found) if (job.queue === queue) count += 1;
  return count;
}
