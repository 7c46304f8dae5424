/** A store filled by processes that are killed at random moments, started again, and at last left to end. */
import { copyFileSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Contents, firstRowMs, type RunContents } from "./contents.ts";
import type { Ending, IngestProcess } from "./ingest-process.ts";
import type { TestStore } from "./place.ts";
import type { Random } from "./random.ts";
import { type Corpus, type Pace, withIngest } from "./undisturbed.ts";

/** One process of a trial and what it left behind. */
export interface Cut {
  /** How long it lived, in ms. */
  readonly livedMs: number;
  /** Processes of its family at the kill; it counts itself. */
  readonly family: number;
  /** Those of its children that did not leave. */
  readonly left: readonly number[];
  readonly before: Contents;
  readonly after: Contents;
  /** From its start to the first ledger row it wrote; undefined where it wrote none. */
  readonly firstRowMs: number | undefined;
}

/** All of a trial. */
export interface Trial {
  /** One for each process, the last of which ended by itself. */
  readonly cuts: readonly Cut[];
  readonly ending: Ending;
}

/** How a trial goes. */
export interface TrialOptions {
  readonly corpus: Corpus;
  readonly store: TestStore;
  /** What the store holds. */
  readonly before: Contents;
  readonly random: Random;
  readonly pace: Pace;
  readonly maxKills: number;
}

const LEAVE_MS = 20_000;
/** The latest moment of a kill, as a share of the life a process should have: few end before it. */
const LATEST = 0.85;
const JUNK = "This file was overwritten after it had been committed: nobody may take it in again.\n";

/** Runs one. Files whose outcome is committed are overwritten while their run goes on, so that taking one in again shows. */
export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { corpus, store, random, pace, maxKills } = options;
  const cuts: Cut[] = [];
  let { before } = options;
  const earlierRuns = before.runs.length;
  // A kill between the run's end and the process's leaves no work to be killed at.
  const hasEnded = (): boolean => before.runs.length > earlierRuns && activeRun(before) === undefined;
  let overwritten: readonly string[] = [];
  for (;;) {
    const { ending, ...cut } = await withIngest({ folder: corpus.folder, ...store }, async (ingest) => {
      const isLast = cuts.length >= maxKills || hasEnded();
      // The root makes later moments likelier: a good part of a short life is its start.
      const killAfterMs = Math.sqrt(random()) * LATEST * msLeft(pace, activeRun(before));
      const lived = await liveAndDie(ingest, isLast ? undefined : killAfterMs);
      return { ...lived, before, ...(await examine(ingest, store)) };
    });
    cuts.push(cut);
    restore(corpus, overwritten);
    if (ending.code !== null) return { cuts, ending };
    before = cut.after;
    overwritten = overwriteCommitted(activeRun(before));
  }
}

/** How long the next process would live if nobody killed it. */
export function msLeft({ ms, firstRowMs, rows }: Pace, run: RunContents | undefined): number {
  return firstRowMs + (ms - firstRowMs) * (1 - (run?.ledger.size ?? 0) / rows);
}

/** Kills it after so many ms, unless it ends before. */
async function liveAndDie(
  ingest: IngestProcess,
  killAfterMs: number | undefined,
): Promise<Pick<Cut, "family" | "livedMs"> & { readonly ending: Ending }> {
  let family = 0;
  if (killAfterMs !== undefined && !(await ingest.endsWithin(killAfterMs))) {
    family = ingest.family().length;
    await ingest.kill();
  }
  const ending = await ingest.ended;
  return { family, livedMs: Date.now() - ingest.startedAtMs, ending };
}

async function examine(
  ingest: IngestProcess,
  store: TestStore,
): Promise<Pick<Cut, "after" | "left" | "firstRowMs">> {
  const after = await store.look();
  return {
    after,
    left: await ingest.childrenLeft(LEAVE_MS),
    firstRowMs: firstRowMs(after, ingest.startedAtMs),
  };
}

/** The run that the next process will continue. */
export function activeRun({ runs }: Contents): RunContents | undefined {
  return runs.find(({ state }) => state === "running");
}

function restore({ folder, original }: Corpus, paths: readonly string[]): void {
  for (const path of paths) copyFileSync(resolve(original, relative(folder, path)), path);
}

function overwriteCommitted(run: RunContents | undefined): readonly string[] {
  const committed = [...(run?.ledger.values() ?? [])].filter(({ outcome }) => outcome.startsWith("done"));
  for (const { key } of committed) writeFileSync(key, JUNK);
  return committed.map(({ key }) => key);
}
