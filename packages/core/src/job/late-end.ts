/** How a handler ends an attempt that its time-out has found at work. */
import type { Control } from "./control.ts";

/** Returned in the place of a {@link Control}: what is left to do, and what of the handler may still run. */
export class LateEnd {
  /** Settles when nothing of the handler runs any more; the attempt keeps its slot until then, or for the grace. */
  readonly running: Promise<unknown>;
  /** Gives what the attempt ends with for all its time-out, within the grace; the signal fires past that. */
  readonly finish: (signal: AbortSignal) => Promise<Control>;

  constructor(running: LateEnd["running"], finish: LateEnd["finish"]) {
    this.running = running;
    this.finish = finish;
  }
}
