/** What this process knows of held limits: read from the store at most once a second, and told of its own holds at once. */
import type { ControlNote } from "../model/control-note.ts";
import type { LimitHold, NewLimitHold } from "../model/limit.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import { everyPage } from "../store/every-page.ts";
import type { Store } from "../store/store.ts";

/** So long what was read is taken for true. */
const FRESH_MS = 1_000;
/** Holds of one page: mostly there are few. */
const PAGE = 1_000;

/** What a {@link LimitGate} works with. */
export interface LimitGateOptions {
  readonly store: Pick<Store, "hold" | "holds">;
  readonly timing: Timing;
  /** Told where the store cannot say what is held: jobs go by what was known before. */
  readonly onError: OnError;
}

/** A hold, and what is left of it in ms. */
export type HeldLimit = Pick<LimitHold, "key" | "leftMs" | "reason">;

interface Known {
  readonly reason: string | undefined;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

/** Shared by all that one process does on a store. */
export class LimitGate {
  readonly #options: LimitGateOptions;
  #known = new Map<string, Known>();
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  /** Counts holds of its own: what was read meanwhile may not show them. */
  #own = 0;

  constructor(options: LimitGateOptions) {
    this.#options = options;
  }

  /** Of these limits the hold that lasts longest; `undefined` where none is held. Never throws. */
  async heldAmong(keys: readonly string[]): Promise<HeldLimit | undefined> {
    const nowMs = this.#options.timing.now();
    if (nowMs - this.#readAtMs >= FRESH_MS) {
      this.#reading ??= this.#read();
      await this.#reading;
    }
    return this.#longest(keys);
  }

  /** Holds limits in the store, and here at once. @throws what the store throws. */
  async hold(
    holds: readonly NewLimitHold[],
    note?: ControlNote,
  ): Promise<readonly (LimitHold | undefined)[]> {
    const answers = await this.#options.store.hold(holds, note);
    this.#own += 1;
    for (const [index, { key }] of holds.entries()) this.#learn(this.#known, key, answers[index]);
    return answers;
  }

  #longest(keys: readonly string[]): HeldLimit | undefined {
    const nowMs = this.#options.timing.now();
    let longest: HeldLimit | undefined;
    for (const key of keys) {
      const known = this.#known.get(key);
      const leftMs = known === undefined ? 0 : known.untilMs - nowMs;
      if (leftMs > (longest?.leftMs ?? 0)) longest = { key, leftMs, reason: known?.reason };
    }
    return longest;
  }

  /** A store that cannot be asked is not asked again for a second, and what was known goes on. */
  async #read(): Promise<void> {
    const { timing, onError } = this.#options;
    try {
      this.#known = await this.#inForce();
    } catch (error) {
      onError(error, "limits");
    }
    this.#readAtMs = timing.now();
    this.#reading = undefined;
  }

  /** All that is in force, read again where a hold of its own came meanwhile. */
  async #inForce(): Promise<Map<string, Known>> {
    for (;;) {
      const own = this.#own;
      const known = new Map<string, Known>();
      for await (const rows of everyPage(PAGE, (page) => this.#options.store.holds({}, page)))
        for (const hold of rows) this.#learn(known, hold.key, hold);
      if (own === this.#own) return known;
    }
  }

  /** From when the answer came: never too short. */
  #learn(known: Map<string, Known>, key: string, hold: LimitHold | undefined): void {
    if (hold === undefined) known.delete(key);
    else known.set(key, { reason: hold.reason, untilMs: this.#options.timing.now() + hold.leftMs });
  }
}
