/** Readers kept open between a coordinator's wake-ups, so that reading on costs nothing; a cursor reopens any other. */
import type { ChunkStep } from "./definition.ts";

interface OpenReader<Item> {
  readonly cursor: string | undefined;
  readonly source: ItemSource<Item>;
  /** Has it no longer closed at shutdown. */
  letGo(): void;
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
    kept?.letGo();
    if (kept !== undefined && kept.cursor === at.cursor) return kept.source;
    await kept?.source.close();
    return openSource(step, at);
  }

  /** Keeps a reader that stands at this cursor for the run's next wake-up, or until the signal fires. */
  keep<Item>(
    run: string,
    at: { readonly cursor: string | undefined; readonly until: AbortSignal },
    source: ItemSource<Item>,
  ): void {
    this.#drop(run);
    if (at.until.aborted) {
      void source.close();
      return;
    }
    const drop = () => this.#drop(run);
    at.until.addEventListener("abort", drop, { once: true });
    this.#open.set(run, {
      cursor: at.cursor,
      source: source as ItemSource<never>, // taken back under the same run only
      letGo: () => at.until.removeEventListener("abort", drop),
    });
  }

  #drop(run: string): void {
    const kept = this.#open.get(run);
    this.#open.delete(run);
    kept?.letGo();
    void kept?.source.close();
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
