/** A line of jobs by due time and id, cheapest where they come in that order. */
import { Heap } from "./heap.ts";
import type { Place } from "./job.ts";

/** Places passed that a line may keep before they are let go. */
const MIN_CUT = 1_000;

/** First in, first out for jobs that were due when they were enqueued and come in order; a heap for all others. */
export class DueLine {
  #inOrder: Place[] = [];
  #first = 0;
  readonly #others = new Heap<Place>(byDueThenId);

  get size(): number {
    return this.#inOrder.length - this.#first + this.#others.size;
  }

  push(place: Place): void {
    const last = this.#inOrder.at(-1);
    // A job for later at the end of the line would send everything that is due before it to the heap.
    const isForLater = place.runAtMs !== place.job.createdAtMs;
    if (isForLater || (last !== undefined && byDueThenId(last, place) > 0)) this.#others.push(place);
    else this.#inOrder.push(place);
  }

  /** The first place, left where it is. */
  peek(): Place | undefined {
    const first = this.#inOrder[this.#first];
    const other = this.#others.peek();
    if (first === undefined || (other !== undefined && byDueThenId(other, first) < 0)) return other;
    return first;
  }

  /** All places, in no order. */
  *places(): Generator<Place> {
    for (let index = this.#first; index < this.#inOrder.length; index += 1) {
      yield this.#inOrder[index] as Place; // in range
    }
    yield* this.#others.values();
  }

  /** Takes the first place out. */
  shift(): Place | undefined {
    const place = this.peek();
    if (place === undefined) return undefined;
    if (place !== this.#inOrder[this.#first]) return this.#others.pop();
    this.#first += 1;
    if (this.#first === this.#inOrder.length || this.#isCutDue()) {
      this.#inOrder = this.#inOrder.slice(this.#first);
      this.#first = 0;
    }
    return place;
  }

  #isCutDue(): boolean {
    return this.#first >= MIN_CUT && this.#first * 2 >= this.#inOrder.length;
  }
}

/** By due time, then id. */
export function byDueThenId(left: Place, right: Place): number {
  if (left.runAtMs !== right.runAtMs) return left.runAtMs - right.runAtMs;
  return left.job.id < right.job.id ? -1 : 1;
}
