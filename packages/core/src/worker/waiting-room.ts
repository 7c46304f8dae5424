/** Claimed jobs that wait for a slot: in claim order within a queue, the queues in turn. */
import type { Holder } from "./holder.ts";
import type { Slots } from "./slots.ts";

/** First in, first out, without moving what is left. */
interface Line {
  readonly queue: string;
  holders: Holder[];
  first: number;
}

/** Gone holders a line may keep before they are let go. */
const MIN_CUT = 1_000;

/** Counts what it has as held in `slots`. */
export class WaitingRoom {
  readonly #slots: Slots;
  /** Of the queues that have any, whose turn is next first. */
  #lines: Line[] = [];

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  push(holder: Holder): void {
    this.#lineOf(holder.job.queue).holders.push(holder);
    this.#slots.hold(holder.job.queue, 1);
  }

  /** Takes out the next that may start. */
  next(): Holder | undefined {
    if (!this.#slots.isAnyFree) return undefined;
    for (let turn = 0; turn < this.#lines.length; turn += 1) {
      const line = this.#lines[turn];
      if (line !== undefined && this.#slots.isFree(line.queue)) return this.#shift(line, turn);
    }
    return undefined;
  }

  /** Takes out all. */
  leave(): readonly Holder[] {
    const all: Holder[] = [];
    for (const { queue, holders, first } of this.#lines) {
      this.#slots.hold(queue, first - holders.length);
      all.push(...holders.slice(first));
    }
    this.#lines = [];
    return all;
  }

  #lineOf(queue: string): Line {
    const known = this.#lines.find((line) => line.queue === queue);
    if (known !== undefined) return known;
    const line = { queue, holders: [], first: 0 };
    this.#lines.push(line);
    return line;
  }

  #shift(line: Line, turn: number): Holder | undefined {
    const holder = line.holders[line.first];
    line.first += 1;
    if (line.first >= MIN_CUT && line.first * 2 >= line.holders.length) cutDown(line);
    this.#slots.hold(line.queue, -1);
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
