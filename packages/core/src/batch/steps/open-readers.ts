/** Readers kept open between a step job's wake-ups, so that reading on costs nothing; a cursor reopens any other. */
import type { ChunkStep, OpenReader } from "../chunk-step.ts";
import type { ReadContext } from "../contexts.ts";
import { refuseOwnCounter } from "../own-counters.ts";
import type { Values } from "../run/values.ts";

/** What opens a reader. */
export interface Opening {
  readonly cursor: string | undefined;
  readonly context: Omit<ReadContext<unknown, unknown, unknown>, "cursor" | "count" | "signal">;
  /** The contexts that `context` writes to. */
  readonly values: { readonly run: Values; readonly step: Values };
}

/** An open reader with the counts it made since they were last taken. */
export interface ItemSource extends Pick<OpenReader<unknown>, "read"> {
  takeCounts(): Record<string, number>;
  /** What its functions set. */
  readonly values: Opening["values"];
  /** Tells the reader to stop. Never rejects: its items are no longer wanted, so its troubles are not either. */
  close(): Promise<void>;
}

interface Kept {
  readonly cursor: string | undefined;
  readonly source: ItemSource;
}

/** The readers this process holds open, by the job that reads. */
export class OpenReaders {
  readonly #open = new Map<string, Kept>();

  /** The job's reader where it stands exactly at this cursor, else a new one that starts there. */
  async take(
    job: string,
    step: Pick<ChunkStep, "reader">,
    at: { readonly cursor: string | undefined; opening(): Promise<Opening> },
  ): Promise<ItemSource> {
    const kept = this.#open.get(job);
    this.#open.delete(job);
    if (kept !== undefined && kept.cursor === at.cursor) return kept.source;
    await kept?.source.close();
    return openSource(step, await at.opening());
  }

  /** Keeps a reader that stands at this cursor for the job's next wake-up. */
  keep(job: string, cursor: string | undefined, source: ItemSource): void {
    void this.#open.get(job)?.source.close();
    this.#open.set(job, { cursor, source });
  }

  /** Closes what is kept. */
  close(): void {
    const kept = [...this.#open.values()];
    this.#open.clear();
    for (const { source } of kept) void source.close();
  }
}

function openSource(step: Pick<ChunkStep, "reader">, { cursor, context, values }: Opening): ItemSource {
  let counts: Record<string, number> = {};
  const stop = new AbortController();
  const reader = step.reader({
    ...context,
    cursor,
    signal: stop.signal,
    count: (name, amount) => {
      refuseOwnCounter(name, "the reader");
      counts[name] = (counts[name] ?? 0) + amount;
    },
  });
  return {
    read: (take) => reader.read(take),
    takeCounts: () => {
      const taken = counts;
      counts = {};
      return taken;
    },
    values,
    close: async () => {
      stop.abort();
      await reader.close().catch(() => undefined);
    },
  };
}
