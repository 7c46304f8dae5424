/** Finished jobs by state, in the order they finished. */
import type { JobId } from "../model/ids.ts";
import type { TerminalState } from "../model/job.ts";
import type { Ended, Job } from "./job.ts";

/** A job in history, as age orders it. */
interface Finished {
  readonly id: JobId;
  readonly atMs: number;
}

/** Which finished jobs are looked for. */
export interface Wanted {
  readonly states: readonly TerminalState[];
  /** Finished then or before. */
  readonly untilMs: number;
  readonly limit: number;
  isKept(id: JobId): boolean;
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

  /** The wanted ones, oldest first, then by id. */
  oldest(wanted: Wanted): readonly JobId[] {
    const found = [...new Set(wanted.states)].flatMap((state) => this.#oldestOf(state, wanted));
    found.sort((left, right) => left.atMs - right.atMs || (left.id < right.id ? -1 : 1));
    return found.slice(0, wanted.limit).map(({ id }) => id);
  }

  /** At least `limit` where there are as many: all that finished in the same ms as the last come along. */
  #oldestOf(state: TerminalState, { untilMs, limit, isKept }: Wanted): Finished[] {
    const found: Finished[] = [];
    for (const [id, atMs] of this.#ended.get(state) ?? []) {
      if (atMs > untilMs || (found.length >= limit && atMs > (found.at(-1)?.atMs ?? atMs))) break;
      if (state === "completed" || !isKept(id)) found.push({ id, atMs });
    }
    return found;
  }
}
