/** What holds on every store when an ingest is killed at random moments and started again. */
import { cpSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Contents, donePaths, outcomesOf, textOf } from "./contents.ts";
import { changeCorpus, EXPECTED } from "./corpus.ts";
import { type Report, reportOf } from "./ingest-process.ts";
import type { Place, TestStore } from "./place.ts";
import { type Random, seededRandom } from "./random.ts";
import { firstWorkTimes, summaryOf } from "./summary.ts";
import { type Cut, runTrial } from "./trial.ts";
import { type FilledStore, runTrials } from "./trials.ts";
import { type Corpus, makeCorpus, type Pace, runUndisturbed, type Undisturbed } from "./undisturbed.ts";

/** More kills for a soak; a seed to repeat one with. */
const KILLS = Number(process.env.MILLRACE_KILLS ?? 20);
const SEED = Number(process.env.MILLRACE_KILL_SEED ?? 1);
/** A machine of the tests may be this much slower than a quiet one. */
const SLOW_MACHINE = 4;
const CHANGE_KILLS = 2;
/** A kill with the run that follows it, on a slow machine. */
const KILL_TIMEOUT_MS = 30_000;

/** Defines the tests of one place. */
export function describeRestarts(place: Place): void {
  const random = seededRandom(SEED);
  let trials: readonly FilledStore[] = [];
  let corpus: Corpus;
  let undisturbed: Undisturbed;

  beforeAll(async () => {
    corpus = makeCorpus(SEED);
    undisturbed = await runUndisturbed(corpus, await place.create());
    trials = await runTrials({ place, corpus, random, pace: undisturbed.pace, kills: KILLS });
    if (process.env.MILLRACE_KILLS !== undefined) process.stdout.write(summaryOf(place, trials));
  }, KILLS * KILL_TIMEOUT_MS);

  afterAll(async () => {
    rmSync(corpus.place, { recursive: true });
    await place.dispose();
  });

  const cuts = (): readonly Cut[] => trials.flatMap((trial) => trial.cuts);

  describe(`an ingest into ${place.name} that is killed ${KILLS} times and started again`, () => {
    test("has an undisturbed one to be compared with", () => {
      expect(undisturbed.report).toMatchObject(EXPECTED);
      expect(undisturbed.contents.documents.size).toBe(EXPECTED.ingested);
      for (const { passages, ordinals } of undisturbed.contents.documents.values()) {
        expect(ordinals).toBe(passages);
      }
    });

    test("leaves of each document everything and its ledger row, or nothing", () => {
      const whole = textOf(undisturbed.contents);
      for (const { after } of cuts()) {
        expect([...after.documents.keys()]).toEqual(donePaths(after.runs[0]));
        for (const [path, document] of textOf(after)) expect(document).toEqual(whole.get(path));
      }
    });

    test("never takes in a committed document again", () => {
      for (const { before, after } of cuts()) {
        expect(pick(after.documents, before.documents)).toEqual(before.documents);
        for (const { id, ledger } of before.runs) {
          expect(pick(after.runs.find((run) => run.id === id)?.ledger, ledger)).toEqual(ledger);
        }
      }
    });

    test("ends with the collection of an undisturbed one: nothing lost, nothing doubled", () => {
      for (const { cuts: ofTrial } of trials) {
        expect(textOf(ofTrial.at(-1)?.after ?? undisturbed.contents)).toEqual(textOf(undisturbed.contents));
      }
    });

    test("ends with the ledger and the report of an undisturbed one", () => {
      for (const { cuts: ofTrial, ending } of trials) {
        const [run, ...reruns] = ofTrial.at(-1)?.after.runs ?? [];
        expect(outcomesOf(run)).toEqual(outcomesOf(undisturbed.contents.runs[0]));
        // A kill between the run's end and the process's leaves nothing to go on with: all is found unchanged.
        expect(reportOf(ending)).toEqual(reruns.length === 0 ? undisturbed.report : unchanged(undisturbed));
      }
    });

    test(`starts new work within ${place.firstWorkMs / 1_000} s`, () => {
      const bound = place.firstWorkMs * SLOW_MACHINE;
      for (const ms of firstWorkTimes(cuts(), undisturbed.report.documents)) expect(ms).toBeLessThan(bound);
    });

    test("leaves no extraction child behind", () => {
      expect(cuts().flatMap(({ left }) => left)).toEqual([]);
      expect(Math.max(...cuts().map(({ family }) => family))).toBeGreaterThan(1);
    });

    test("finds every document unchanged once it has ended, and does no work", async () => {
      const last = trials.at(-1);
      if (last === undefined) throw new Error("there was no trial");
      const again = await runUndisturbed(corpus, last.store);
      expect(again.report).toEqual(unchanged(undisturbed));
      expect(again.contents.documents).toEqual(last.cuts.at(-1)?.after.documents);
    });

    test("takes in what changed and drops what vanished, however often it is killed", async () => {
      const last = trials.at(-1);
      if (last === undefined) throw new Error("there was no trial");
      await expectChangesTaken({ place, corpus, store: last.store, random, pace: undisturbed.pace });
    });
  });
}

/** What a run reports that finds nothing new. Files that cannot be read are tried again. */
function unchanged({ report }: Undisturbed): Report {
  return { ...report, ingested: 0, unchanged: report.ingested, pages: 0, passages: 0 };
}

async function expectChangesTaken(at: {
  readonly place: Place;
  readonly corpus: Corpus;
  readonly store: TestStore;
  readonly random: Random;
  readonly pace: Pace;
}): Promise<void> {
  const { place, corpus, store, random, pace } = at;
  const before = await store.look();
  const old = before.documents;
  const changes = changeCorpus(corpus.original, SEED + 1);
  rmSync(corpus.folder, { recursive: true });
  cpSync(corpus.original, corpus.folder, { recursive: true });
  const { cuts, ending } = await runTrial({ corpus, store, before, random, pace, maxKills: CHANGE_KILLS });
  const after = cuts.at(-1)?.after;
  const fresh = await runUndisturbed(corpus, await place.create());
  expect(after && textOf(after)).toEqual(textOf(fresh.contents));
  for (const cut of cuts)
    expectEitherVersion(cut.after, [textOf({ documents: old, runs: [] }), textOf(fresh.contents)]);
  expect(reportOf(ending).failures).toEqual(fresh.report.failures);
  const touched = new Set(
    Object.values(changes)
      .flat()
      .map((path) => path.replace(corpus.original, corpus.folder)),
  );
  const kept = [...old].filter(([path]) => !touched.has(path));
  expect(kept.length).toBe(old.size - touched.size + changes.added.length);
  for (const [path, document] of kept) expect(after?.documents.get(path)).toEqual(document);
}

/** What a map has under another's keys. */
function pick<Value>(
  from: ReadonlyMap<string, Value> | undefined,
  keys: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, Value> {
  return new Map([...(from ?? [])].filter(([key]) => keys.has(key)));
}

/** Old and new passages never mix. */
function expectEitherVersion(contents: Contents, versions: readonly ReturnType<typeof textOf>[]): void {
  for (const [path, { digest }] of textOf(contents)) {
    expect(versions.map((version) => version.get(path)?.digest)).toContain(digest);
  }
}
