/** extend: prolongs leases, or gives them up. */
import type { LeaseId } from "../model/ids.ts";
import type { LeaseTouch } from "../store/job-store.ts";
import type { Memory } from "./memory.ts";

/** Dropped leases are never `lost`: nothing of them is held any more. */
export function extend(
  memory: Memory,
  leases: readonly LeaseTouch[],
  by: { readonly worker: string; readonly leaseMs: number },
): { readonly lost: readonly LeaseId[] } {
  const now = memory.clock.now();
  const lost: LeaseId[] = [];
  for (const { lease, dropped } of leases) {
    const touch = { lease, worker: by.worker, now };
    if (dropped) memory.leases.drop(touch);
    else if (!memory.leases.extend(touch, by.leaseMs)) lost.push(lease);
  }
  return { lost };
}
