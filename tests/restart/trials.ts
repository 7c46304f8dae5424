/** As many trials as it takes for a number of kills, each on a new store. */
import type { Place, TestStore } from "./place.ts";
import type { Random } from "./random.ts";
import { runTrial, type Trial } from "./trial.ts";
import type { Corpus } from "./undisturbed.ts";

/** A trial with the store it filled. */
export interface FilledStore extends Trial {
  readonly store: TestStore;
}

/** Of the first trial, in which the database is made; later ones start with one. */
const BARE_KILLS = 4;

/** Runs them; only the last one's store is kept. */
export async function runTrials(options: {
  readonly place: Place;
  readonly corpus: Corpus;
  readonly random: Random;
  /** How long a run takes. */
  readonly undisturbedMs: number;
  readonly kills: number;
}): Promise<readonly FilledStore[]> {
  const { place, corpus, random, kills } = options;
  const trials: FilledStore[] = [];
  let withinMs = options.undisturbedMs;
  for (let left = kills; left > 0; ) {
    const isFirst = trials.length === 0;
    await trials.at(-1)?.store.remove();
    const store = await (isFirst ? place.createBare() : place.create());
    const maxKills = isFirst ? Math.min(left, BARE_KILLS) : left;
    const trial = await runTrial({ corpus, store, random, withinMs, maxKills });
    trials.push({ store, ...trial });
    left -= trial.cuts.length - 1;
    withinMs = Math.min(withinMs, undisturbedMsOf(trial) ?? withinMs);
  }
  return trials;
}

/** One that no kill has met tells anew how long a run takes: the machine may have become faster. */
function undisturbedMsOf({ cuts }: Trial): number | undefined {
  return cuts.length === 1 ? cuts[0]?.livedMs : undefined;
}
