/** Completions without a transaction: most jobs only complete, and nobody waits for them. */
import type { HolderAnswer, Settlement } from "@millrace/core";
import { complete } from "./end.ts";
import { isLone } from "./holder.ts";
import { type Session, unlessDeadlocked } from "./session.ts";

/** So many settles after one that met awaited jobs go without a try: where there are some, more will come. */
const REST = 8;

/**
 * Settles by one statement what it can and the rest as ever, in a transaction: begin and commit cost a small batch as
 * much as its statement. A batch is tried that only completes jobs; those that others wait for show in the database.
 */
export class LoneCompletions {
  #rest = 0;

  /** The answers, in order. `settle` is asked for what is left. */
  async settle(
    session: Session,
    settlements: readonly Settlement[],
    settle: (left: readonly Settlement[]) => Promise<readonly HolderAnswer[]>,
  ): Promise<readonly HolderAnswer[]> {
    if (this.#rest > 0 || !settlements.every(isLone)) {
      this.#rest = Math.max(0, this.#rest - 1);
      return settle(settlements);
    }
    const { ids } = await unlessDeadlocked(() => complete(session, settlements, { awaited: false }));
    if (ids.length === settlements.length) return settlements.map(() => "applied");
    this.#rest = REST;
    return settleLeft(settlements, new Set(ids), settle);
  }
}

async function settleLeft(
  settlements: readonly Settlement[],
  done: ReadonlySet<string>,
  settle: (left: readonly Settlement[]) => Promise<readonly HolderAnswer[]>,
): Promise<readonly HolderAnswer[]> {
  const left = settlements.filter(({ id }) => !done.has(id));
  const given = await settle(left);
  const answers = new Map(left.map(({ id }, index) => [id, given[index]]));
  return settlements.map(({ id }) => answers.get(id) ?? "applied");
}
