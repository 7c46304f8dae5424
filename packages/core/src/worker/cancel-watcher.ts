/** Asks the store which of the jobs held here have been cancelled, and tells their handlers. */
import type { LeaseId, Token } from "../model/ids.ts";
import { Loop, type OnError } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";
import type { Holder } from "./holder.ts";

/** What {@link cancelWatcher} works with. */
export interface CancelWatcherOptions {
  readonly store: Store;
  readonly timing: Timing;
  readonly onError: OnError;
  readonly heartbeatMs: number;
  /** The jobs held now, by lease. */
  held(): ReadonlyMap<LeaseId, Iterable<Holder>>;
}

/** Most leases of one call. */
const MAX_LEASES = 1_000;

/** A loop that looks once per heartbeat, apart from extending; a worker that holds nothing asks nothing. */
export function cancelWatcher(options: CancelWatcherOptions): Loop {
  const { timing, onError, heartbeatMs } = options;
  const pass = async () => {
    const held = [...options.held()];
    for (let start = 0; start < held.length; start += MAX_LEASES) {
      await look(options.store, held.slice(start, start + MAX_LEASES));
    }
    return heartbeatMs;
  };
  return new Loop({ name: "cancels", timing, onError, pass });
}

async function look(store: Store, held: readonly (readonly [LeaseId, Iterable<Holder>])[]): Promise<void> {
  const signals = await store.cancels(held.map(([lease]) => lease));
  if (signals.length === 0) return;
  const holders = new Map<Token, Holder>();
  for (const [, under] of held) for (const holder of under) holders.set(holder.job.token, holder);
  for (const { token, reason } of signals) holders.get(token)?.cancel(reason);
}
