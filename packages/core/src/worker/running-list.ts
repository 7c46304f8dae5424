/** The jobs that run now, in no particular order: cheap to come and go. */
import type { Holder } from "./holder.ts";

/** Each holder knows its place in it. */
export class RunningList implements Iterable<Holder> {
  readonly #holders: Holder[] = [];

  add(holder: Holder): void {
    holder.runningIndex = this.#holders.length;
    this.#holders.push(holder);
  }

  /** The last takes the place of the one that goes. */
  remove(holder: Holder): void {
    const last = this.#holders.pop();
    if (last === undefined || last === holder) return;
    this.#holders[holder.runningIndex] = last;
    last.runningIndex = holder.runningIndex;
  }

  [Symbol.iterator](): Iterator<Holder> {
    return [...this.#holders].values();
  }
}
