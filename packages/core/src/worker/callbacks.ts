/** Calls a definition's callbacks; whatever they do, the job has already gone its way. */
import type { JobCallbacks } from "../job/callbacks.ts";
import type { JobInfo } from "../job/context.ts";
import { onBehalf } from "../job/current.ts";
import type { Registry } from "../job/registry.ts";
import { type Envelope, openEnvelope } from "../model/envelope.ts";
import { decodeProgress } from "../model/report.ts";
import { type OnError, reportingErrors } from "../runtime/service.ts";
import { jobInfo } from "./attempt-context.ts";
import type { Holder } from "./holder.ts";
import type { Told } from "./outcome.ts";

/** What {@link Callbacks} work with. */
export interface CallbacksOptions {
  readonly registry: Registry;
  readonly onError: OnError;
}

/** The callbacks of all definitions a worker runs. */
export class Callbacks {
  readonly #options: CallbacksOptions;
  readonly #onBehalfOf = onBehalf();

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /** Tells how an attempt ended; its settlement must have been applied. */
  ended(holder: Holder, told: Told | undefined): void {
    if (told === undefined) return;
    const on = this.#of(holder);
    if (on === undefined) return;
    if (told.kind === "complete") {
      this.#call(holder, on.complete && ((job) => on.complete?.(told.result, job)));
    } else {
      const { attempt } = holder.job;
      const { error, willRetry } = told;
      this.#call(
        holder,
        on.error && ((job) => on.error?.(error, Object.freeze({ ...job, attempt, willRetry }))),
      );
    }
  }

  /** Tells progress that a write carried; it must have been applied. */
  progress(holder: Holder, text: string | undefined): void {
    const on = this.#of(holder);
    const progress = on?.progress && decodeProgress(text);
    if (progress) this.#call(holder, (job) => on.progress?.(progress, job));
  }

  #of(holder: Holder): JobCallbacks | undefined {
    return this.#options.registry.get(holder.job.name)?.on;
  }

  /** On behalf of the job, as its handler ran. */
  #call(holder: Holder, callback: ((job: JobInfo) => unknown) | undefined): void {
    if (callback === undefined) return;
    const job = infoOf(holder);
    const call = () => this.#onBehalfOf({ job }, () => callback(job));
    reportingErrors(call, (error) => this.#options.onError(error, "on"));
  }
}

function infoOf(holder: Holder): JobInfo {
  return jobInfo(holder, envelopeOf(holder));
}

/** A job whose envelope cannot be read has failed because of that, and is still to be named. */
function envelopeOf(holder: Holder): Envelope {
  try {
    return openEnvelope(holder.job.envelope);
  } catch {
    return { payload: null };
  }
}
