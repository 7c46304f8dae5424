/** Handlers that ignored their signal past the grace: reported, counted while they run on. */
import { MillraceError } from "../model/errors.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { AbortCause } from "./abort-reason.ts";
import type { Holder } from "./holder.ts";

/** What is known of a handler that is stuck. */
export interface StuckAttempt {
  readonly holder: Holder;
  readonly startedAtMs: number;
}

/** Those of one worker. */
export class StuckHandlers {
  readonly #timing: Timing;
  readonly #onError: OnError;
  #count = 0;

  constructor({ timing, onError }: { readonly timing: Timing; readonly onError: OnError }) {
    this.#timing = timing;
    this.#onError = onError;
  }

  /** Those that have not ended yet. */
  get count(): number {
    return this.#count;
  }

  /** Reports one, and counts it until `handling` ends. Gives the error its attempt ends with. */
  add(attempt: StuckAttempt, handling: Promise<unknown>): Error {
    const ended = () => {
      this.#count -= 1;
    };
    this.#count += 1;
    handling.then(ended, ended);
    return this.#report(attempt);
  }

  #report({ holder, startedAtMs }: StuckAttempt): Error {
    const { id, name } = holder.job;
    const cause = holder.cause as AbortCause; // it was told to stop
    const runningMs = Math.round(this.#timing.now() - startedAtMs);
    const message = `job ${id} (${name}) is stuck: it has run for ${runningMs / 1_000} s and ignores its signal (${cause}); its slot is taken back, what it still writes is fenced; have the handler heed ctx.signal`;
    const details = { job: id, name, runningMs, cause };
    this.#onError(new MillraceError("handler-stuck", message, { details }), "execute");
    return holder.reasonOf(cause);
  }
}
