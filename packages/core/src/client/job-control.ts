/** What people do to jobs: cancel, run again, move to another class, forget. */
import type { Actor } from "../model/actor.ts";
import type { ControlNote } from "../model/control-note.ts";
import { type Duration, durationMs } from "../model/duration.ts";
import { isId, type JobId } from "../model/ids.ts";
import { PRIORITIES, type Priority, TERMINAL_STATES, type TerminalState } from "../model/job.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import type { Logger } from "../runtime/logger.ts";
import type { CancelAnswer, DeleteAnswer, ReprioritiseAnswer, RetryAnswer } from "../store/control-store.ts";
import type { Store } from "../store/store.ts";

/** A verb for one id or for many, answered in order. Anything that is no id is `not-found`. */
export interface JobVerb<Answer, Options = ControlNote> {
  (id: string, options?: Options): Promise<Answer>;
  (ids: readonly string[], options?: Options): Promise<readonly Answer[]>;
}

/** The verb that takes a class beside the ids. */
export interface Reprioritise {
  (id: string, priority: Priority, options?: ControlNote): Promise<ReprioritiseAnswer>;
  (ids: readonly string[], priority: Priority, options?: ControlNote): Promise<readonly ReprioritiseAnswer[]>;
}

/** Verbs on jobs by id; they work from any process. */
export interface JobControl {
  /**
   * Ends queued and waiting jobs at once and tells running ones to stop: their `ctx.signal` fires within a second, and
   * however they end, they end cancelled. Children follow.
   */
  readonly cancel: JobVerb<CancelAnswer>;
  /** Has finished jobs run again, as their next generation, and jobs that are to run later run now. */
  readonly retry: JobVerb<RetryAnswer>;
  /**
   * Gives jobs in line another class; those that run, wait or have finished stay as they are. No capacity refuses them.
   * @throws MillraceError `bad-config` for a class there is none of.
   */
  readonly reprioritise: Reprioritise;
  /** Forgets finished jobs for good. */
  readonly delete: JobVerb<DeleteAnswer>;
}

/** Which finished jobs to forget, and who has it done. */
export interface CleanUp extends ControlNote {
  /** Since they finished. */
  readonly olderThan: Duration;
  /** `completed`, `cancelled` and `expired` where left out; dead letters only where they are named. */
  readonly states?: readonly TerminalState[] | undefined;
}

/** What the verbs work with, and whom they tell. */
export interface JobControlOptions {
  readonly store: Store;
  /** Who acts where a call does not say. */
  readonly actor: Actor;
  open(): Promise<unknown>;
  /** These jobs may have ended. */
  onEnded(ids: readonly JobId[]): void;
  /** Jobs may have become ready. */
  onReady(): void;
}

/** What every call of a person may say. */
export const NOTE_KEYS: readonly (keyof ControlNote)[] = ["reason", "by", "actor"];
/** Most ids, or jobs, of one call. */
const MAX_BATCH = 1_000;

/** Verbs on the jobs of a store. */
export function jobControlOf({ store, actor, open, onEnded, onReady }: JobControlOptions): JobControl {
  const opened: Opened = { open, actor };
  const cancel = async (ids: readonly JobId[], note: ControlNote) => {
    const answers = await store.cancel(ids, note);
    onEnded(ids);
    onReady(); // a parent may have woken
    return answers;
  };
  const retry = async (ids: readonly JobId[], note: ControlNote) => {
    const answers = await store.retry(ids, note);
    onReady();
    return answers;
  };
  return Object.freeze({
    cancel: verb("cancel", opened, cancel),
    retry: verb("retry", opened, retry),
    reprioritise: reprioritiseOf(opened, async (ids, priority, note) => {
      const answers = await store.reprioritise(ids, priority, note);
      onReady(); // workers bound to classes may have some by that
      return answers;
    }),
    delete: verb("delete", opened, (ids, note) => store.delete(ids, note)),
  });
}

/** What a verb needs beside its store call. */
type Opened = Pick<JobControlOptions, "open" | "actor">;
type Known<Answer> = (ids: readonly JobId[], note: ControlNote) => Promise<readonly Answer[]>;

function verb<Answer, Options extends ControlNote>(
  name: string,
  { open, actor }: Opened,
  apply: Known<Answer>,
): JobVerb<Answer | "not-found", Options> {
  const all = async (ids: readonly string[], note: ControlNote = {}) => {
    refuseUnknownKeys(`jobs.${name}`, note, NOTE_KEYS);
    await open();
    const known = [...new Set(ids.filter(isId))] as JobId[]; // isId has looked
    const answers = new Map<string, Answer>();
    for (let start = 0; start < known.length; start += MAX_BATCH) {
      const batch = known.slice(start, start + MAX_BATCH);
      const given = await apply(batch, { actor, ...note });
      for (const [index, answer] of given.entries()) answers.set(batch[index] ?? "", answer);
    }
    return ids.map((id) => answers.get(id) ?? "not-found");
  };
  const either = async (ids: string | readonly string[], note?: ControlNote) =>
    typeof ids === "string" ? (await all([ids], note))[0] : all(ids, note);
  return either as JobVerb<Answer | "not-found", Options>; // one id, one answer
}

function reprioritiseOf(opened: Opened, apply: Store["reprioritise"]): Reprioritise {
  const either = async (ids: string & readonly string[], priority: Priority, note?: ControlNote) => {
    if (!PRIORITIES.includes(priority))
      throw badOption("jobs.reprioritise.priority", priority, PRIORITIES.join(", "));
    const to: Known<ReprioritiseAnswer> = (known, by) => apply(known, priority, by);
    return verb("reprioritise", opened, to)(ids, note);
  };
  return either as Reprioritise; // one id, one answer
}

const CLEAN_UP_KEYS: readonly (keyof CleanUp)[] = ["olderThan", "states", ...NOTE_KEYS];
const HARMLESS: readonly TerminalState[] = ["completed", "cancelled", "expired"];

/** Forgets finished jobs in bounded batches until none is as old; gives how many. Dead letters are warned of before. */
export async function cleanUp(
  store: Store,
  options: CleanUp,
  logger: Logger,
): Promise<{ readonly removed: number }> {
  refuseUnknownKeys("cleanUp", options, CLEAN_UP_KEYS);
  const { olderThan, states = HARMLESS, ...note } = options;
  const olderThanMs = durationMs(olderThan, "cleanUp.olderThan");
  for (const state of states) {
    if (!TERMINAL_STATES.includes(state))
      throw badOption("cleanUp.states", state, TERMINAL_STATES.join(", "));
  }
  if (states.includes("dead")) await warnOfDead(store, olderThanMs, logger);
  let removed = 0;
  for (;;) {
    const report = await store.cleanUp({ olderThanMs, states, limit: MAX_BATCH, note });
    removed += report.removed;
    if (!report.more || report.removed === 0) return { removed };
  }
}

async function warnOfDead(store: Store, olderThanMs: number, logger: Logger): Promise<void> {
  const going = (await store.deadDepths({ atMost: 1 })).filter(
    ({ oldestAgeMs }) => oldestAgeMs >= olderThanMs,
  );
  if (going.length === 0) return;
  const queues = going.map(({ queue }) => queue);
  logger.warn(`dead-letters-removal: cleanUp removes dead letters of ${queues.join(", ")}`, {
    warning: "dead-letters-removal",
    queues,
  });
}
