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

/** Those of one state; the ones that `gone` has are in history no more. */
interface Line {
  jobs: Job[];
  readonly gone: Set<Job>;
}

/** Gone jobs a line may keep before they are let go. */
const MIN_CUT = 1_000;

/** A job ends once, for one that lives again is another object. Time never steps back, so what is added last finished last. */
export class History {
  readonly #lines = new Map<TerminalState, Line>();

  /** Adds a job that has just ended. */
  add(job: Job, state: TerminalState): void {
    const line = this.#lines.get(state);
    if (line === undefined) this.#lines.set(state, { jobs: [job], gone: new Set() });
    else line.jobs.push(job);
  }

  remove(job: Job): void {
    const line = job.phase.kind === "ended" ? this.#lines.get(job.phase.state) : undefined;
    if (line === undefined) return;
    line.gone.add(job);
    if (line.gone.size < MIN_CUT || line.gone.size * 2 < line.jobs.length) return;
    line.jobs = line.jobs.filter((each) => !line.gone.has(each));
    line.gone.clear();
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
    for (const { id, atMs } of this.#finished(state)) {
      if (atMs > untilMs || (found.length >= limit && atMs > (found.at(-1)?.atMs ?? atMs))) break;
      if (state === "completed" || !isKept(id)) found.push({ id, atMs });
    }
    return found;
  }

  *#finished(state: TerminalState): Generator<Finished> {
    for (const { id, phase } of this.jobs(state)) yield { id, atMs: phase.atMs };
  }

  /** Those of one state, in the order they finished. */
  *jobs(state: TerminalState): Generator<Job & { readonly phase: Ended }> {
    const line = this.#lines.get(state);
    if (line === undefined) return;
    for (const job of line.jobs) {
      if (hasEnded(job) && !line.gone.has(job)) yield job;
    }
  }
}

function hasEnded(job: Job): job is Job & { readonly phase: Ended } {
  return job.phase.kind === "ended";
}
