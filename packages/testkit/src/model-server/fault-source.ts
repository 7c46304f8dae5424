/** Decides which fault the next request meets: by order, always, or by seeded chance. */
import { seededRandom } from "@millrace/core/testing";
import type { ModelFault } from "./model-fault.ts";

/** Faults by chance. */
export interface FaultChoice {
  /** Of the chance; 1 where left out. */
  readonly seed?: number | undefined;
  /** Each request meets one of `faults` with this probability, 0 to 1. */
  readonly random?: { readonly share: number; readonly faults: readonly ModelFault[] } | undefined;
}

/** Ordered faults go first, then the lasting one, then chance. */
export class FaultSource {
  readonly #choice: FaultChoice;
  readonly #random: () => number;
  readonly #queue: (ModelFault | undefined)[] = [];
  #lasting: ModelFault | undefined;

  constructor(choice: FaultChoice) {
    this.#choice = choice;
    this.#random = seededRandom(choice.seed ?? 1);
  }

  next(faults: readonly (ModelFault | undefined)[]): void {
    this.#queue.push(...faults);
  }

  always(fault: ModelFault | undefined): void {
    this.#lasting = fault;
  }

  take(): ModelFault | undefined {
    if (this.#queue.length > 0) return this.#queue.shift();
    if (this.#lasting !== undefined) return this.#lasting;
    const { random } = this.#choice;
    if (random === undefined || this.#random() >= random.share) return undefined;
    return random.faults[Math.floor(this.#random() * random.faults.length)];
  }
}
