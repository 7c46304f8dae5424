/** How a handler ends an attempt that its time-out has found at work. */
import type { Control } from "./control.ts";

/** What a {@link LateEnd} is made of. */
export interface LateParts {
  /** Settles when nothing of the handler runs any more; the attempt keeps its slot until then, or for the grace. */
  readonly running: Promise<unknown>;
  /**
   * Gives what the attempt ends with for all its time-out, within the grace; the signal fires past that. A rejection fails
   * the attempt as one of the handler's does.
   */
  readonly finish: (signal: AbortSignal) => Promise<Control>;
  /** What fails an attempt that has not come to its end within the grace. */
  readonly overdue: () => Error;
}

/** Returned in the place of a {@link Control}: what is left to do, and what of the handler may still run. */
export class LateEnd {
  readonly parts: LateParts;

  constructor(parts: LateParts) {
    this.parts = parts;
  }
}
