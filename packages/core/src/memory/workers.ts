/** Workers that have given their word, for as long as it holds. */
import type { WorkerId } from "../model/ids.ts";
import type { WorkerRow, WorkerWord } from "../model/worker.ts";

interface Entry {
  readonly row: WorkerRow;
  readonly untilMs: number;
}

/** The registry by id. */
export class Workers {
  readonly #entries = new Map<WorkerId, Entry>();

  /** Enters or renews them, and forgets those whose word has run out. */
  register(words: readonly WorkerWord[], of: { readonly now: number; readonly forMs: number }): void {
    const { now, forMs } = of;
    for (const [id, { untilMs }] of this.#entries) if (untilMs <= now) this.#entries.delete(id);
    for (const { upMs, ...word } of words) {
      const startedAtMs = this.#entries.get(word.id)?.row.startedAtMs ?? now - upMs;
      this.#entries.set(word.id, { row: { ...word, startedAtMs, seenAtMs: now }, untilMs: now + forMs });
    }
  }

  remove(ids: readonly WorkerId[]): void {
    for (const id of ids) this.#entries.delete(id);
  }

  /** Those whose word still holds, by id. */
  live(now: number): readonly WorkerRow[] {
    const live = [...this.#entries.values()].filter(({ untilMs }) => untilMs > now);
    return live.map(({ row }) => row).sort((left, right) => (left.id < right.id ? -1 : 1));
  }
}
