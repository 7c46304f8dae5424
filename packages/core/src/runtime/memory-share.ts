/** How much of its memory this process uses. */
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/**
 * 0 to 1: of V8's heap, or of what the machine or its container gives the process, whichever is nearer to its end.
 * `limitBytes`: what it may be resident with where that is less; past it the share is above 1.
 */
export function memoryShare(limitBytes: number = Number.POSITIVE_INFINITY): number {
  const heap = getHeapStatistics();
  const granted = Math.min(limitBytes, grantedBytes());
  return Math.max(heap.used_heap_size / heap.heap_size_limit, process.memoryUsage.rss() / granted);
}

/** A container's limit, where there is one: without it Node says 0, or more than the machine has. */
function grantedBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
