/** Ordering keys on SQL: who may go when somebody has come or ended. */
import type { Session } from "./session.ts";

/**
 * Lets the first job of each key go, where nobody is in front of it. Runs in the transaction that added or ended jobs
 * of these keys, after that: under the keys' locks, one such transaction after the other looks at what the last has left.
 */
export async function letGo(session: Session, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await lockLines(session, keys);
  await session.run("line/promote", [[...new Set(keys)]]);
}

/** The ordering keys among what a statement gave. */
export function linesOf(rows: readonly { readonly ordering_key: string | null }[]): string[] {
  return rows.flatMap(({ ordering_key }) => ordering_key ?? []);
}

/** Locks the order of these keys until the transaction ends. */
export async function lockLines(session: Session, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await session.run("line/lock", [[...new Set(keys)]]);
}

/** Looks through a store's ordering keys, some in each pass, for those left waiting behind nobody. */
export class LineRepair {
  #after = "";

  /** One pass over at most `limit` keys, within a transaction. */
  async pass(session: Session, limit: number): Promise<void> {
    const seen = await session.run<{ key: string; stalled: boolean }>("line/stalled", [this.#after, limit]);
    this.#after = seen.length < limit ? "" : (seen.at(-1)?.key ?? "");
    await letGo(
      session,
      seen.filter(({ stalled }) => stalled).map(({ key }) => key),
    );
  }
}
