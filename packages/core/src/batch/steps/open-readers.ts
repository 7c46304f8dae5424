/** Readers kept open between a step job's wake-ups, so that reading on costs nothing; a cursor reopens any other. */
import type { JobId } from "../../model/ids.ts";
import type { StepRef } from "../../model/step.ts";
import type { Cancel, Timing } from "../../runtime/timers.ts";
import type { Store } from "../../store/store.ts";
import type { ChunkStep, OpenReader } from "../chunk-step.ts";
import type { ReadContext } from "../contexts.ts";
import { refuseOwnCounter } from "../own-counters.ts";
import { checkedTotal } from "../run/execution-counts.ts";
import { detailOf } from "../run/step-detail.ts";
import type { Values } from "../run/values.ts";

/** What opens a reader. */
export interface Opening {
  readonly cursor: string | undefined;
  readonly context: Omit<ReadContext<unknown, unknown, unknown>, "cursor" | "count" | "total" | "signal">;
  /** The contexts that `context` writes to. */
  readonly values: { readonly run: Values; readonly step: Values };
}

/** An open reader with the counts it made since they were last taken. */
export interface ItemSource extends Pick<OpenReader<unknown>, "read"> {
  takeCounts(): Record<string, number>;
  /** How many items it said there are. */
  readonly total: number | undefined;
  /** What its functions set. */
  readonly values: Opening["values"];
  /** Tells the reader to stop. Never rejects: its items are no longer wanted, so its troubles are not either. */
  close(): Promise<void>;
}

/** Which job reads what, and how far it is. */
export interface Reading {
  readonly job: JobId;
  readonly step: StepRef;
  readonly cursor: string | undefined;
}

interface Kept {
  readonly cursor: string | undefined;
  readonly source: ItemSource;
  /** Ends the watch over it. */
  readonly unwatch: Cancel;
}

/** How often it is asked whether somebody will still read on. */
const WATCH_MS = 30_000;

/** The readers this process holds open, by the job that reads. */
export class OpenReaders {
  readonly #open = new Map<JobId, Kept>();
  readonly #ports: { readonly timing: Timing; readonly store: Pick<Store, "steps"> };

  constructor(ports: { readonly timing: Timing; readonly store: Pick<Store, "steps"> }) {
    this.#ports = ports;
  }

  /** The job's reader where it stands exactly at this cursor, else a new one that starts there. */
  async take(
    job: JobId,
    step: Pick<ChunkStep, "reader">,
    at: { readonly cursor: string | undefined; opening(): Promise<Opening> },
  ): Promise<ItemSource> {
    const kept = this.#open.get(job);
    this.#open.delete(job);
    kept?.unwatch();
    if (kept !== undefined && kept.cursor === at.cursor) return kept.source;
    await kept?.source.close();
    return openSource(step, await at.opening());
  }

  /** Keeps a reader that stands at this cursor for the job's next wake-up, as long as it is this process's to come. */
  keep(reading: Reading, source: ItemSource): void {
    this.#drop(reading.job);
    this.#hold(reading, source);
  }

  /** Closes what is kept. */
  close(): void {
    for (const job of [...this.#open.keys()]) this.#drop(job);
  }

  #hold(reading: Reading, source: ItemSource): void {
    const unwatch = this.#ports.timing.after(WATCH_MS, () => void this.#look(reading, source));
    this.#open.set(reading.job, { cursor: reading.cursor, source, unwatch });
  }

  /** Closes it where its job was cancelled meanwhile, failed, or reads on in another process: nobody says so here. */
  async #look(reading: Reading, source: ItemSource): Promise<void> {
    const isWanted = await this.#isWanted(reading).catch(() => true); // a store that is away is asked again
    if (this.#open.get(reading.job)?.source !== source) return;
    if (isWanted) this.#hold(reading, source);
    else this.#drop(reading.job);
  }

  async #isWanted({ job, step, cursor }: Reading): Promise<boolean> {
    const { rows } = await this.#ports.store.steps({ run: step.run, steps: [step.step] }, { limit: 1 });
    const [row] = rows;
    const detail = detailOf(row);
    return row?.state === "running" && detail.job === job && detail.reading?.cursor === cursor;
  }

  #drop(job: JobId): void {
    const kept = this.#open.get(job);
    this.#open.delete(job);
    kept?.unwatch();
    void kept?.source.close();
  }
}

function openSource(step: Pick<ChunkStep, "reader">, { cursor, context, values }: Opening): ItemSource {
  let counts: Record<string, number> = {};
  let total: number | undefined;
  const stop = new AbortController();
  const reader = step.reader({
    ...context,
    cursor,
    signal: stop.signal,
    count: (name, amount) => {
      refuseOwnCounter(name, "the reader");
      counts[name] = (counts[name] ?? 0) + amount;
    },
    total: (items) => {
      total = checkedTotal(items);
    },
  });
  return {
    read: (take) => reader.read(take),
    takeCounts: () => {
      const taken = counts;
      counts = {};
      return taken;
    },
    get total() {
      return total;
    },
    values,
    close: async () => {
      stop.abort();
      await reader.close().catch(() => undefined);
    },
  };
}
