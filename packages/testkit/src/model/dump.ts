/** Everything the port shows of a store, read back after each call and compared with the model's. */
import type { ItemRow, JobRow, QueueSetting, RunRow, Store } from "@millrace/core";
import { itemsOf, knownSteps } from "./ledger.ts";
import { type Counters, countersOf, jobsOf } from "./listing.ts";
import { allPages } from "./perform.ts";
import { knownQueues, scopesOf, settingsOf } from "./queues.ts";
import { runsOf } from "./run.ts";
import type { ModelState } from "./state.ts";

/** Rows a page of a dump has: more than most sequences make, so a dump is few calls. */
const PAGE = 200;

/** What the port shows of a store. */
export interface Dump {
  readonly jobs: readonly JobRow[];
  readonly counters: Counters;
  readonly settings: readonly QueueSetting[];
  readonly runs: readonly RunRow[];
  readonly items: Readonly<Record<string, readonly ItemRow[]>>;
  /** The counters of all queues once more, found by their prefix; in a whole dump. */
  readonly queues: Counters | undefined;
}

/** How much is read: after a call what calls have touched so far, at the end of a sequence the whole. */
export type Extent = "touched" | "whole";

/** What the model says the port should show. */
export function dumpModel(state: ModelState, extent: Extent): Dump {
  const ofQueues = knownQueues(state).flatMap(scopesOf);
  return {
    jobs: jobsOf(state, {}),
    counters: countersOf(state, [...ofQueues, ...knownSteps(state).map(scopeOf)]),
    settings: settingsOf(state),
    runs: runsOf(state, {}),
    items: Object.fromEntries(knownSteps(state).map((step) => [scopeOf(step), itemsOf(state, step)])),
    queues: extent === "whole" ? countersOf(state, ofQueues) : undefined,
  };
}

/** What the port shows, asked for the scopes and steps the model knows of, and one it does not. */
export async function dumpStore(store: Store, state: ModelState, extent: Extent): Promise<Dump> {
  const isWhole = extent === "whole";
  const items: Record<string, readonly ItemRow[]> = {};
  for (const step of knownSteps(state)) {
    items[scopeOf(step)] = await allPages(PAGE, (page) => store.items(step, page));
  }
  return {
    jobs: await allPages(PAGE, (page) => store.find({}, page)),
    counters: await countersIn(store, state),
    settings: isWhole || state.queues.size > 0 ? await store.queueSettings() : [],
    runs: isWhole || state.runs.size > 0 ? await allPages(PAGE, (page) => store.findRuns({}, page)) : [],
    items,
    queues: isWhole ? await store.countersUnder("queue:") : undefined,
  };
}

/** By scope where there are steps, else by prefix, which shows as much. */
function countersIn(store: Store, state: ModelState): Promise<Counters> {
  const steps = knownSteps(state).map(scopeOf);
  if (steps.length === 0) return store.countersUnder("queue:");
  return store.counters([...knownQueues(state).flatMap(scopesOf), ...steps, "queue:nowhere:default"]);
}

function scopeOf(step: { readonly run: string; readonly step: string }): string {
  return `step:${step.run}:${step.step}`;
}
