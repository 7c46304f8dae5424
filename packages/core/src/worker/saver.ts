/** Saves of holders that go on: concurrent ones share a store call, those inside a transaction go by themselves. */
import type { HolderWrite } from "../model/settlement.ts";
import { GroupCommit } from "../runtime/group-commit.ts";
import type { AnyTransaction } from "../store/call.ts";
import type { Holder, WriteAnswer } from "./holder.ts";
import { answersTo, type Sent, type SentAnswer, sendUntilAnswered } from "./holder-calls.ts";
import { rowsOf, type SettlerOptions } from "./settler.ts";

/** Most writes, and most rows, of one call. */
const MAX_BATCH = 1_000;
const MAX_ROWS = 5_000;

/** What a {@link Saver} works with. */
export type SaverOptions = Pick<SettlerOptions, "store" | "timing" | "onError">;

/** Sends saves until answered or their lease is lost. */
export class Saver {
  readonly #store: SaverOptions["store"];
  readonly #group: GroupCommit<Sent<HolderWrite>, SentAnswer>;

  constructor({ store, timing, onError }: SaverOptions) {
    this.#store = store;
    const ports = {
      name: "save",
      timing,
      onError,
      send: (writes: readonly HolderWrite[]) => store.save(writes),
    };
    this.#group = new GroupCommit({
      send: (batch) => sendUntilAnswered(batch, ports),
      maxItems: MAX_BATCH,
      weigh: ({ write }) => rowsOf(write),
      maxWeight: MAX_ROWS,
    });
  }

  /** Rejects where the store refuses the write itself. */
  async save(write: HolderWrite, holder: Holder, transaction?: AnyTransaction): Promise<WriteAnswer> {
    if (transaction !== undefined) {
      const [answer] = answersTo([write], await this.#store.save([write], { transaction }));
      return answer;
    }
    const answer = await this.#group.add({ write, holder });
    if (typeof answer === "object") throw answer.refused;
    return answer;
  }
}
