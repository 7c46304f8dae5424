/** Shares free slots among queues. */

/** One queue's part of a claim. */
export interface QueueWants {
  readonly queue: string;
  /** Most it may take. */
  readonly max: number;
  /** Whether it gave all it was asked for last time, so that more is likely there. */
  readonly deep: boolean;
}

/**
 * Gives each queue a share of the free slots, in all no more than `free`: even between the deep ones, after one slot
 * for each of the others; even between all where none is deep. Queues with nothing to take are left out.
 */
export function shareOut(
  queues: readonly QueueWants[],
  free: number,
): readonly { queue: string; max: number }[] {
  const open = queues.filter((each) => each.max > 0);
  if (open.length === 1 && open[0] !== undefined) {
    return [{ queue: open[0].queue, max: Math.min(open[0].max, free) }];
  }
  const shares = new Map<string, number>();
  let left = give(open, { shares, left: free, each: 1 });
  const deep = open.filter((each) => each.deep);
  const eager = deep.length > 0 ? deep : open;
  while (left > 0) {
    const before = left;
    left = give(eager, { shares, left, each: Math.max(1, Math.floor(left / eager.length)) });
    if (left === before) break;
  }
  return [...shares].map(([queue, max]) => ({ queue, max }));
}

function give(
  queues: readonly QueueWants[],
  { shares, left, each }: { shares: Map<string, number>; left: number; each: number },
): number {
  let rest = left;
  for (const { queue, max } of queues) {
    const has = shares.get(queue) ?? 0;
    const more = Math.min(each, max - has, rest);
    if (more <= 0) continue;
    shares.set(queue, has + more);
    rest -= more;
  }
  return rest;
}
