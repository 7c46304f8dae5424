/** Claimed jobs that wait for a slot: in claim order within a queue, the queues in turn. */
import type { Holder } from "./holder.ts";
import type { ProcessPlaces } from "./isolated/process-places.ts";
import type { Slots } from "./slots.ts";

/** First in, first out, without moving what is left. */
interface Line {
  readonly queue: string;
  /** Whether its jobs need a process as well; they hold nobody else up. */
  readonly isIsolated: boolean;
  holders: Holder[];
  first: number;
}

/** Gone holders a line may keep before they are let go. */
const MIN_CUT = 1_000;

/** Counts what it has as held in `slots`. */
export class WaitingRoom {
  readonly #slots: Slots;
  readonly #places: ProcessPlaces;
  /** Of the queues that have any, whose turn is next first. */
  #lines: Line[] = [];

  constructor(slots: Slots, places: ProcessPlaces) {
    this.#slots = slots;
    this.#places = places;
  }

  push(holder: Holder): void {
    const { queue, name } = holder.job;
    const line = this.#lineOf(queue, this.#places.isIsolated(name));
    line.holders.push(holder);
    this.#hold(line, 1);
  }

  /** Takes out the next that may start. */
  next(): Holder | undefined {
    if (!this.#slots.isAnyFree) return undefined;
    for (let turn = 0; turn < this.#lines.length; turn += 1) {
      const line = this.#lines[turn];
      if (line !== undefined && this.#isFree(line)) return this.#shift(line, turn);
    }
    return undefined;
  }

  /** Takes out all. */
  leave(): readonly Holder[] {
    const all: Holder[] = [];
    for (const line of this.#lines) {
      const { holders, first } = line;
      this.#hold(line, first - holders.length);
      all.push(...holders.slice(first));
    }
    this.#lines = [];
    return all;
  }

  #isFree({ queue, isIsolated }: Line): boolean {
    return this.#slots.isFree(queue) && (!isIsolated || this.#places.isAnyFree);
  }

  #hold({ queue, isIsolated }: Line, jobs: number): void {
    this.#slots.hold(queue, jobs);
    if (isIsolated) this.#places.wait(jobs);
  }

  #lineOf(queue: string, isIsolated: boolean): Line {
    const known = this.#lines.find((line) => line.queue === queue && line.isIsolated === isIsolated);
    if (known !== undefined) return known;
    const line = { queue, isIsolated, holders: [], first: 0 };
    this.#lines.push(line);
    return line;
  }

  #shift(line: Line, turn: number): Holder | undefined {
    const holder = line.holders[line.first];
    line.first += 1;
    if (line.first >= MIN_CUT && line.first * 2 >= line.holders.length) cutDown(line);
    this.#hold(line, -1);
    this.#passOn(line, turn);
    return holder;
  }

  /** The line goes to the end of the turn, or away where nobody is left in it. */
  #passOn(line: Line, turn: number): void {
    const isLast = line.first === line.holders.length;
    if (!isLast && this.#lines.length === 1) return;
    this.#lines.splice(turn, 1);
    if (!isLast) this.#lines.push(line);
  }
}

function cutDown(line: Line): void {
  line.holders = line.holders.slice(line.first);
  line.first = 0;
}
