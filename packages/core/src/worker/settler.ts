/** Ends attempts in batches: many settlements, one store call, no timer. */
import type { HolderAnswer, Settlement } from "../model/settlement.ts";
import { GroupCommit } from "../runtime/group-commit.ts";
import type { OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { AnyTransaction } from "../store/call.ts";
import type { Store } from "../store/store.ts";
import type { Holder } from "./holder.ts";
import { type Sent, type SentAnswer, sendUntilAnswered } from "./holder-calls.ts";

/** Most settlements of one call. */
const MAX_BATCH = 1_000;
/** Most rows (settlements, children, ledger items, log lines) of one call. */
const MAX_ROWS = 5_000;

/** What a {@link Settler} works with. */
export interface SettlerOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
}

/** Sends settlements until answered or their lease is lost. */
export class Settler {
  readonly #store: Store;
  readonly #group: GroupCommit<Sent<Settlement>, SentAnswer>;

  constructor({ store, timing, onError }: SettlerOptions) {
    this.#store = store;
    const ports = {
      name: "settle",
      timing,
      onError,
      send: (writes: readonly Settlement[]) => store.settle(writes),
    };
    this.#group = new GroupCommit({
      send: (batch) => sendUntilAnswered(batch, ports),
      maxItems: MAX_BATCH,
      weigh: ({ write }) => rowsOf(write),
      maxWeight: MAX_ROWS,
    });
  }

  /** Settlements not answered yet. */
  get backlog(): number {
    return this.#group.size;
  }

  settle(write: Settlement, holder: Holder): Promise<SentAnswer> {
    return this.#group.add({ write, holder });
  }

  /** Settles by itself inside a transaction of the holder's. */
  async settleWith(write: Settlement, transaction: AnyTransaction): Promise<HolderAnswer> {
    const [answer] = await this.#store.settle([write], { transaction });
    return answer ?? "fenced";
  }
}

/** Rows a write touches: what a batch is bounded by beside its number of writes. */
export function rowsOf(write: Pick<Settlement, "spawn" | "items" | "log">): number {
  return 1 + (write.spawn?.length ?? 0) + (write.items?.length ?? 0) + (write.log?.lines.length ?? 0);
}
