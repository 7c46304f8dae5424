/** As many trials as it takes for a number of kills, each on a new store. */
import { NOTHING } from "./contents.ts";
import type { Place, TestStore } from "./place.ts";
import type { Random } from "./random.ts";
import { activeRun, msLeft, runTrial, type Trial } from "./trial.ts";
import type { Corpus, Pace } from "./undisturbed.ts";

/** A trial with the store it filled. */
export interface FilledStore extends Trial {
  readonly store: TestStore;
}

/** Of one trial: each kill leaves less to do, so that late ones would mostly meet processes that start. */
const MOST_KILLS = 5;

/** Runs them; only the last one's store is kept. The first one's database is made in it; later ones start with one. */
export async function runTrials(options: {
  readonly place: Place;
  readonly corpus: Corpus;
  readonly random: Random;
  readonly pace: Pace;
  readonly kills: number;
}): Promise<readonly FilledStore[]> {
  const { place, corpus, random, kills } = options;
  const trials: FilledStore[] = [];
  let { pace } = options;
  for (let left = kills; left > 0; ) {
    await trials.at(-1)?.store.remove();
    const store = await (trials.length === 0 ? place.createBare() : place.create());
    const maxKills = Math.min(left, MOST_KILLS);
    const trial = await runTrial({ corpus, store, before: NOTHING, random, pace, maxKills });
    trials.push({ store, ...trial });
    left -= trial.cuts.length - 1;
    pace = paceAfter(trial, pace);
  }
  return trials;
}

/** The last process of a trial tells anew how fast one is: the machine may have become faster or slower. */
function paceAfter({ cuts }: Trial, pace: Pace): Pace {
  const last = cuts.at(-1);
  const isGoingOn = last !== undefined && (cuts.length === 1 || activeRun(last.before) !== undefined);
  if (!isGoingOn) return pace;
  const change = (1 + last.livedMs / msLeft(pace, activeRun(last.before))) / 2;
  return { ...pace, ms: pace.ms * change, firstRowMs: pace.firstRowMs * change };
}
