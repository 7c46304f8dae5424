/** Lets other processes wake an idle worker or hand it a job, where the store can signal. */
import type { ClaimedJob } from "../model/job.ts";
import type { OnError, Service } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Listening, Offer, Opening } from "../store/signals.ts";
import type { Store } from "../store/store.ts";
import type { ClaimBatch } from "./claimer.ts";
import { released } from "./outcome.ts";

/** What {@link IdleSignals} work with. */
export interface IdleSignalsOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly worker: string;
  readonly leaseMs: number;
  /** There may be jobs: look. */
  onWake(): void;
  /** A job was claimed for the worker. Whether it has been taken; else it goes back. */
  onOffer(batch: ClaimBatch): boolean;
}

/** How long the worker's word holds, and when it is given again while the worker stays idle. */
const HOLDS_MS = 10_000;
const AGAIN_MS = 5_000;
/** Longest lease of an offer: what a lost one costs. */
const MAX_OFFER_MS = 5_000;

/** What the worker last said. */
interface Word {
  readonly of: string;
  readonly saidAtMs: number;
  readonly openings: readonly Opening[];
  /** Jobs that may still be offered. */
  places: number;
}

/** The worker's ear, from `start` to `stop`. */
export class IdleSignals implements Service {
  readonly #options: IdleSignalsOptions;
  readonly #offerMs: number;
  #listening: Listening | undefined;
  /** What is offered while the ear hears nothing is lost, and costs its lease. */
  #hears = true;
  #word: Word | undefined;
  #saying: Promise<unknown> = Promise.resolve();
  /** A moment on the monotonic clock that was no later than this one on the store's. */
  #anchor: { readonly atMs: number; readonly storeMs: number } | undefined;

  constructor(options: IdleSignalsOptions) {
    this.#options = options;
    this.#offerMs = Math.min(MAX_OFFER_MS, options.leaseMs);
  }

  start(): void {
    const { store, worker, onError, onWake } = this.#options;
    this.#listening = store.capabilities.signals?.listen({
      worker,
      onWake: () => {
        this.#hears = true;
        onWake();
      },
      onOffer: (offer) => this.#offered(offer),
      onError: (error) => {
        this.#hears = false;
        onError(error, "listen");
        this.becameBusy();
      },
    });
  }

  async stop(): Promise<void> {
    await this.#saying;
    await this.#listening?.stop();
    await this.#saying; // what came last goes back
    this.#listening = undefined;
  }

  /** Says that the worker found nothing on these queues. Whether that was news: then the worker must look once more. */
  async becameIdle(openings: readonly Opening[]): Promise<boolean> {
    const { timing } = this.#options;
    const of = JSON.stringify(openings.map(({ max, ...rest }) => rest));
    const offered = this.#hears ? openings : withoutPlaces(openings);
    const places = placesOf(offered);
    const word = this.#word;
    const isFresh = word !== undefined && timing.now() - word.saidAtMs < AGAIN_MS;
    if (isFresh && word.of === of && 2 * word.places >= places) return false;
    this.#word = { of, saidAtMs: timing.now(), openings, places };
    return this.#say(offered);
  }

  /** No slot is free any more: nothing is to be offered until the worker is idle again. */
  becameBusy(): void {
    const word = this.#word;
    if (word === undefined || word.places === 0) return;
    word.places = 0;
    void this.#say(withoutPlaces(word.openings));
  }

  /** One word at a time, so that the last one given is the one that stands. */
  #say(openings: readonly Opening[]): Promise<boolean> {
    const said = this.#saying.then(() => this.#sayNow(openings));
    this.#saying = said;
    return said;
  }

  async #sayNow(openings: readonly Opening[]): Promise<boolean> {
    const { timing, onError } = this.#options;
    if (this.#listening === undefined) return false;
    const atMs = timing.now();
    try {
      const storeMs = await this.#listening.idle(openings, { forMs: HOLDS_MS, offerMs: this.#offerMs });
      this.#anchor = { atMs, storeMs };
      return true;
    } catch (error) {
      onError(error, "listen");
      return false; // polling goes on
    }
  }

  #offered({ lease, job, atMs }: Offer): void {
    if (this.#word !== undefined) this.#word.places -= 1;
    const { timing, leaseMs, onOffer } = this.#options;
    if (this.#anchor !== undefined) {
      const offeredAtMs = this.#anchor.atMs + atMs - this.#anchor.storeMs;
      // A lease of its length given then ends with one of the worker's length given earlier.
      const leasedAtMs = offeredAtMs + this.#offerMs - leaseMs;
      if (onOffer({ lease, sentAtMs: timing.now(), leasedAtMs, jobs: [job], solo: false })) return;
    }
    this.becameBusy();
    this.#saying = Promise.all([this.#saying, this.#giveBack(job)]);
  }

  async #giveBack({ id, token }: ClaimedJob): Promise<void> {
    const { store, worker, onError, onWake } = this.#options;
    const { record } = released({ worker, durationMs: 0 });
    const outcome = { kind: "released", started: false } as const;
    try {
      await store.settle([{ id, token, write: 1, outcome, record }]);
      onWake();
    } catch (error) {
      onError(error, "listen"); // the offer runs out
    }
  }
}

function withoutPlaces(openings: readonly Opening[]): readonly Opening[] {
  return openings.map((opening) => ({ ...opening, max: 0 }));
}

function placesOf(openings: readonly Opening[]): number {
  return openings.reduce((sum, { max }) => sum + max, 0);
}
