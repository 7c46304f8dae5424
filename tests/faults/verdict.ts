/** The verdict on jobs that lived through a fault: what was acknowledged ends, once, and nothing else is there. */
import { type JobId, type Millrace, type StoredEvent, troubleOf } from "@millrace/core";
import { raceJob } from "../races/race-store.ts";

/** What became of jobs. */
export interface Verdict {
  readonly acknowledged: number;
  readonly completed: number;
  readonly dead: number;
  /** Acknowledged, and not ended. */
  readonly lost: number;
  /** Ended more than once, by what the events tell. */
  readonly doubled: number;
}

const ENDS: ReadonlySet<StoredEvent["kind"]> = new Set(["completed", "dead", "cancelled", "expired"]);
const PAGE = 1_000;
const POLL_MS = 50;

/** Enqueues so many jobs, each by a call of its own; gives the ids of those that were acknowledged. */
export async function enqueueEach(mr: Millrace, inputs: readonly unknown[]): Promise<readonly JobId[]> {
  const answers = await Promise.allSettled(inputs.map((input) => mr.enqueue(raceJob, input)));
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value.id : []));
}

/** Waits until all have ended, however often the store is away meanwhile. */
export async function allEnded(mr: Millrace, ids: readonly JobId[]): Promise<void> {
  for (let live = ids; ; ) {
    live = await stillLive(mr, live).catch((error: unknown) => {
      if (troubleOf(error) === "passing") return live;
      throw error;
    });
    if (live.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Reads all rows and events. */
export async function verdictOf(mr: Millrace, acknowledged: readonly JobId[]): Promise<Verdict> {
  const { rows } = await mr.store.find({ ids: acknowledged }, { limit: acknowledged.length });
  const ends = await endsOf(mr);
  const inState = (state: string) => rows.filter((row) => row.state === state).length;
  return {
    acknowledged: acknowledged.length,
    completed: inState("completed"),
    dead: inState("dead"),
    lost: acknowledged.length - rows.filter(({ id }) => ends.has(id)).length,
    doubled: [...ends.values()].filter((count) => count > 1).length,
  };
}

/** What a fault must leave of jobs that can only complete. */
export function unharmed(ids: readonly JobId[]): Verdict {
  return { acknowledged: ids.length, completed: ids.length, dead: 0, lost: 0, doubled: 0 };
}

/** One line of figures for people. */
export function report(fault: string, verdict: Verdict, figures: Readonly<Record<string, number>>): void {
  const all = { ...verdict, ...figures };
  const words = Object.entries(all).map(([name, value]) => `${name} ${Math.round(value)}`);
  process.stdout.write(`${fault}: ${words.join(", ")}\n`);
}

async function stillLive(mr: Millrace, ids: readonly JobId[]): Promise<readonly JobId[]> {
  const { rows } = await mr.store.find({ ids }, { limit: ids.length });
  const ended = new Set(
    rows.filter(({ state }) => ENDS.has(state as StoredEvent["kind"])).map(({ id }) => id),
  );
  return ids.filter((id) => !ended.has(id));
}

/** How often each job has ended. */
async function endsOf(mr: Millrace): Promise<ReadonlyMap<JobId, number>> {
  const ends = new Map<JobId, number>();
  for (let after: string | undefined; ; ) {
    const { events, next } = await mr.store.events({ after, limit: PAGE });
    for (const { kind, job } of events) if (ENDS.has(kind)) ends.set(job, (ends.get(job) ?? 0) + 1);
    if (next === after) return ends;
    after = next;
  }
}
