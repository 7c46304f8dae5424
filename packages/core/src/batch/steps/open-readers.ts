/** Readers kept open between a coordinator's wake-ups, so that reading on costs nothing; a cursor reopens any other. */
import type { ChunkStep } from "./one-step.ts";

interface OpenReader<Item> {
  readonly cursor: string | undefined;
  readonly source: ItemSource<Item>;
}

/** An open reader with the counts it made since they were last taken. */
export interface ItemSource<Item> {
  next(): Promise<IteratorResult<Item, unknown>>;
  takeCounts(): Record<string, number>;
  /** Tells the reader to stop. Never rejects: its items are no longer wanted, so its troubles are not either. */
  close(): Promise<void>;
}

/** The readers this process holds open, by run. */
export class OpenReaders {
  readonly #open = new Map<string, OpenReader<never>>();

  /** The run's reader where it stands exactly at this cursor, else a new one that starts there. */
  async take<Params, Item>(
    run: string,
    step: Pick<ChunkStep<Params, Item, never, never>, "read">,
    at: { readonly params: Params; readonly cursor: string | undefined },
  ): Promise<ItemSource<Item>> {
    const kept = this.#open.get(run);
    this.#open.delete(run);
    if (kept !== undefined && kept.cursor === at.cursor) return kept.source;
    await kept?.source.close();
    return openSource(step, at);
  }

  /** Keeps a reader that stands at this cursor for the run's next wake-up. */
  keep<Item>(run: string, cursor: string | undefined, source: ItemSource<Item>): void {
    void this.#open.get(run)?.source.close();
    this.#open.set(run, { cursor, source: source as ItemSource<never> }); // taken back under the same run only
  }

  /** Closes what is kept. */
  close(): void {
    const kept = [...this.#open.values()];
    this.#open.clear();
    for (const { source } of kept) void source.close();
  }
}

function openSource<Params, Item>(
  step: Pick<ChunkStep<Params, Item, never, never>, "read">,
  at: { readonly params: Params; readonly cursor: string | undefined },
): ItemSource<Item> {
  let counts: Record<string, number> = {};
  const stop = new AbortController();
  const iterator = step
    .read({
      ...at,
      signal: stop.signal,
      count: (name, amount) => {
        counts[name] = (counts[name] ?? 0) + amount;
      },
    })
    [Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    takeCounts: () => {
      const taken = counts;
      counts = {};
      return taken;
    },
    close: async () => {
      stop.abort();
      await Promise.resolve(iterator.return?.(undefined)).catch(() => undefined);
    },
  };
}
