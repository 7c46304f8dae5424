/** How late one usually hears of a run, from its progress, its row and its end. */
import type { RunHandle } from "millrace";

/** A run that was followed to its end. */
export interface Followed {
  readonly done: number;
  /** Of the time between two looks, the answer to a question, both as usual, and the delay of the end. */
  readonly slowestMs: number;
  readonly told: string;
}

/** Follows it. */
export async function followed(handle: RunHandle): Promise<Followed> {
  const toldMs: number[] = [];
  const askedMs: number[] = [];
  let last = 0;
  for await (const { done } of handle.progress()) {
    toldMs.push(performance.now());
    last = done;
    await handle.row();
    askedMs.push(performance.now() - (toldMs.at(-1) ?? 0));
  }
  const lateMs = Date.now() - ((await handle.row()).finishedAtMs ?? 0);
  const gapMs = median(toldMs.slice(1).map((ms, at) => ms - (toldMs[at] ?? 0)));
  const figures = `${last} pages in ${toldMs.length} looks, usually ${Math.round(gapMs)} ms apart`;
  return {
    done: last,
    slowestMs: Math.max(gapMs, lateMs, median(askedMs)),
    told: `${figures}; asked for in ${Math.round(median(askedMs))} ms, the end ${lateMs} ms late`,
  };
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
