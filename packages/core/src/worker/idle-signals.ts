/** Lets other processes wake an idle worker, where the store can signal. */
import type { OnError, Service } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Listening } from "../store/signals.ts";
import type { Store } from "../store/store.ts";

/** What {@link IdleSignals} work with. */
export interface IdleSignalsOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly worker: string;
  /** There may be jobs: look. */
  onWake(): void;
}

/** How long the worker's word holds, and when it is given again while the worker stays idle. */
const HOLDS_MS = 10_000;
const AGAIN_MS = 5_000;

/** The worker's ear, from `start` to `stop`. */
export class IdleSignals implements Service {
  readonly #options: IdleSignalsOptions;
  #listening: Listening | undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #saidOf = "";

  constructor(options: IdleSignalsOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, worker, onError, onWake } = this.#options;
    this.#listening = store.capabilities.signals?.listen({
      worker,
      onWake,
      onError: (error) => onError(error, "listen"),
    });
  }

  async stop(): Promise<void> {
    await this.#listening?.stop();
    this.#listening = undefined;
  }

  /** Says that the worker found nothing on these queues. Whether that was news: then the worker must look once more. */
  async becameIdle(queues: readonly string[]): Promise<boolean> {
    const { timing, onError } = this.#options;
    const of = JSON.stringify(queues);
    if (this.#listening === undefined) return false;
    if (of === this.#saidOf && timing.now() - this.#saidAtMs < AGAIN_MS) return false;
    this.#saidAtMs = timing.now();
    this.#saidOf = of;
    try {
      await this.#listening.idle(queues, HOLDS_MS);
      return true;
    } catch (error) {
      onError(error, "listen");
      return false; // polling goes on
    }
  }
}
