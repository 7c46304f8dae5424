/** Finished jobs by state, in the order they finished. */
import type { JobId } from "../model/ids.ts";
import type { TerminalState } from "../model/job.ts";
import type { Ended, Job } from "./job.ts";

/** A job in history, as age orders it. */
interface Finished {
  readonly id: JobId;
  readonly atMs: number;
}

/** Time never steps back, so what is added last finished last. */
export class History {
  readonly #ended = new Map<TerminalState, Map<JobId, number>>();

  add(id: JobId, { state, atMs }: Pick<Ended, "state" | "atMs">): void {
    const ended = this.#ended.get(state) ?? new Map<JobId, number>();
    ended.set(id, atMs);
    this.#ended.set(state, ended);
  }

  remove({ id, phase }: Job): void {
    if (phase.kind === "ended") this.#ended.get(phase.state)?.delete(id);
  }

  /** Those of these states that finished at `untilMs` or before, oldest first, then by id; at most `limit`. */
  oldest(states: readonly TerminalState[], untilMs: number, limit: number): readonly JobId[] {
    const found = [...new Set(states)].flatMap((state) => this.#oldestOf(state, untilMs, limit));
    found.sort((left, right) => left.atMs - right.atMs || (left.id < right.id ? -1 : 1));
    return found.slice(0, limit).map(({ id }) => id);
  }

  /** At least `limit` where there are as many: all that finished in the same ms as the last come along. */
  #oldestOf(state: TerminalState, untilMs: number, limit: number): Finished[] {
    const found: Finished[] = [];
    for (const [id, atMs] of this.#ended.get(state) ?? []) {
      if (atMs > untilMs || (found.length >= limit && atMs > (found.at(-1)?.atMs ?? atMs))) break;
      found.push({ id, atMs });
    }
    return found;
  }
}
