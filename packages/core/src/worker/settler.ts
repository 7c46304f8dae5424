/** Ends attempts in batches: many settlements, one store call. */
import type { HolderAnswer, Settlement } from "../model/settlement.ts";
import { Batches } from "../runtime/batches.ts";
import type { OnError } from "../runtime/service.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import type { AnyTransaction } from "../store/call.ts";
import type { Store } from "../store/store.ts";
import { answersTo, type SendPorts, type Sent, type SentAnswer, sendUntilAnswered } from "./holder-calls.ts";
import type { Told } from "./outcome.ts";

/** Most settlements of one call. */
const MAX_BATCH = 1_000;
/** Most rows (settlements, children, ledger items, step marks, log lines) of one call. */
const MAX_ROWS = 5_000;

/**
 * Small batches leave no sooner than this one after the other while more handlers run, where each costs a commit: those
 * that end within it go together, and workers that share a server leave it time for one another.
 */
const REST_MS = 5;
/** A batch that needs no other's company. */
const SMALL_BATCH = 64;

/** An attempt's ending on its way to the store. */
export interface Settling extends Sent<Settlement> {
  /** What the definition's callbacks are to be told once it is applied. */
  readonly told: Told | undefined;
  /** Whether it stands for an ending that the store refused. */
  readonly isSecond: boolean;
}

/** What a {@link Settler} works with. */
export interface SettlerOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  /** Handlers running now: their endings are still to come. */
  running(): number;
  /** Told of a batch's answers, which are in order. Must not throw. */
  onAnswered(batch: readonly Settling[], answers: readonly SentAnswer[]): void;
}

/** Sends settlements until answered or their lease is lost. */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #ports: SendPorts<Settlement>;
  readonly #batches: Batches<Settling>;
  #leftAtMs = 0;

  constructor(options: SettlerOptions) {
    const { store, timing, onError } = options;
    this.#options = options;
    this.#ports = { name: "settle", timing, onError, send: (writes) => store.settle(writes) };
    this.#batches = new Batches({
      send: (batch) => this.#send(batch),
      maxItems: MAX_BATCH,
      weigh: ({ write }) => rowsOf(write),
      maxWeight: MAX_ROWS,
      rest: (sent) => this.#rest(sent),
    });
  }

  /** Settlements not answered yet. */
  get backlog(): number {
    return this.#batches.size;
  }

  /** Sends it with the next batch. */
  settle(settling: Settling): void {
    this.#batches.add(settling);
  }

  /** Settles by itself inside a transaction of the holder's. */
  async settleWith(write: Settlement, transaction: AnyTransaction): Promise<HolderAnswer> {
    const [answer] = answersTo([write], await this.#options.store.settle([write], { transaction }));
    return answer;
  }

  async #send(batch: readonly Settling[]): Promise<void> {
    this.#leftAtMs = this.#options.timing.now();
    this.#options.onAnswered(batch, await sendUntilAnswered(batch, this.#ports));
  }

  /** What only this process uses commits in memory, or waits for nobody. */
  #rest(sent: number): Promise<unknown> | undefined {
    const { store, timing, running } = this.#options;
    if (!store.capabilities.multiProcess || sent >= SMALL_BATCH || running() === 0) return undefined;
    const leftMs = this.#leftAtMs + REST_MS - timing.now();
    return leftMs > 0 ? sleep(timing, leftMs) : undefined;
  }
}

/** Text of items that weighs as much as a row. */
const ROW_CHARACTERS = 8_192;

/** Rows a write touches, long texts of items as several: what a batch is bounded by beside its number of writes. */
export function rowsOf(write: Pick<Settlement, "spawn" | "items" | "marks" | "log">): number {
  const { spawn, items = [], marks, log } = write;
  const rows = (spawn?.length ?? 0) + items.length + (marks?.length ?? 0) + (log?.lines.length ?? 0);
  const characters = items.reduce((sum, { item = "", output = "" }) => sum + item.length + output.length, 0);
  return 1 + rows + Math.floor(characters / ROW_CHARACTERS);
}
