/** Maps a stream, several of its items at once, without losing their order. */

/**
 * The results of `map` in the items' order. Up to `atOnce` are under way, also while the taker is busy with an earlier
 * one; with 1, an item is started only after the result before it was dealt with. Whatever ends it (the last item, an
 * error in its turn, the taker leaving), nothing is under way any more when it has ended.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, void> {
  const underWay: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = map(item);
      result.catch(() => undefined); // thrown in its turn
      underWay.push(result);
      if (underWay.length >= atOnce) yield* underWay.splice(0, 1);
    }
    while (underWay.length > 0) yield* underWay.splice(0, 1);
  } finally {
    await Promise.allSettled(underWay);
  }
}
