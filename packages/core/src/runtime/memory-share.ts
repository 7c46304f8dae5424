/** How much of its memory this process uses. */
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/** 0 to 1: of V8's heap, or of what the machine or its container gives the process, whichever is nearer to its end. */
export function memoryShare(): number {
  const heap = getHeapStatistics();
  return Math.max(heap.used_heap_size / heap.heap_size_limit, process.memoryUsage.rss() / grantedBytes());
}

/** A container's limit, where there is one: without it Node says 0, or more than the machine has. */
function grantedBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
