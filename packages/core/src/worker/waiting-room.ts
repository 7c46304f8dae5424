/** Claimed jobs that wait for a slot: in claim order within a queue, the queues in turn. */
import type { Holder } from "./holder.ts";
import type { Slots } from "./slots.ts";

/** First in, first out, without moving what is left. */
interface Line {
  holders: Holder[];
  first: number;
}

/** Gone holders a line may keep before they are let go. */
const MIN_CUT = 1_000;

/** Counts what it has as held in `slots`. */
export class WaitingRoom {
  readonly #slots: Slots;
  readonly #lines = new Map<string, Line>();
  #size = 0;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  push(holder: Holder): void {
    const { queue } = holder.job;
    const line = this.#lines.get(queue);
    if (line === undefined) this.#lines.set(queue, { holders: [holder], first: 0 });
    else line.holders.push(holder);
    this.#size += 1;
    this.#slots.hold(queue, 1);
  }

  /** Takes out the next that may start. */
  next(): Holder | undefined {
    if (this.#size === 0) return undefined;
    for (const [queue, line] of this.#lines) if (this.#slots.isFree(queue)) return this.#shift(queue, line);
    return undefined;
  }

  /** Takes out all. */
  leave(): readonly Holder[] {
    const all: Holder[] = [];
    for (const [queue, line] of this.#lines) {
      const holders = line.holders.slice(line.first);
      this.#slots.hold(queue, -holders.length);
      all.push(...holders);
    }
    this.#lines.clear();
    this.#size = 0;
    return all;
  }

  #shift(queue: string, line: Line): Holder | undefined {
    const holder = line.holders[line.first];
    line.first += 1;
    if (line.first >= MIN_CUT && line.first * 2 >= line.holders.length) cutDown(line);
    this.#size -= 1;
    this.#slots.hold(queue, -1);
    const isLast = line.first === line.holders.length;
    if (isLast || this.#lines.size > 1) this.#lines.delete(queue);
    if (!isLast && !this.#lines.has(queue)) this.#lines.set(queue, line); // to the end of the turn
    return holder;
  }
}

function cutDown(line: Line): void {
  line.holders = line.holders.slice(line.first);
  line.first = 0;
}
