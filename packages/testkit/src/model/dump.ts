/** Everything the port shows of a store, read back after each call and compared with the model's. */
import { type ItemRow, type JobRow, PRIORITIES, type RunRow, type Store } from "@millrace/core";
import { itemsOf, knownSteps } from "./ledger.ts";
import { type Counters, countersOf, jobsOf } from "./listing.ts";
import { allPages } from "./perform.ts";
import { runsOf } from "./run.ts";
import type { ModelState } from "./state.ts";

/** Rows a page of a dump has: more than most sequences make, so a dump is few calls. */
const PAGE = 200;

/** What the port shows of a store. */
export interface Dump {
  readonly jobs: readonly JobRow[];
  readonly counters: Counters;
  /** Those of queues, found by their prefix. */
  readonly queues: Counters;
  readonly runs: readonly RunRow[];
  readonly items: Readonly<Record<string, readonly ItemRow[]>>;
}

/** What the model says the port should show. */
export function dumpModel(state: ModelState): Dump {
  return {
    jobs: jobsOf(state, {}),
    counters: countersOf(state, knownScopes(state)),
    queues: countersOf(state, queueScopes(state)),
    runs: runsOf(state, {}),
    items: Object.fromEntries(knownSteps(state).map((step) => [scopeOf(step), itemsOf(state, step)])),
  };
}

/** What the port shows, asked for the scopes and steps the model knows of, and one it does not. */
export async function dumpStore(store: Store, state: ModelState): Promise<Dump> {
  const items: Record<string, readonly ItemRow[]> = {};
  for (const step of knownSteps(state)) {
    items[scopeOf(step)] = await allPages(PAGE, (page) => store.items(step, page));
  }
  return {
    jobs: await allPages(PAGE, (page) => store.find({}, page)),
    counters: await store.counters([...knownScopes(state), "queue:nowhere:default"]),
    queues: await store.countersUnder("queue:"),
    runs: await allPages(PAGE, (page) => store.findRuns({}, page)),
    items,
  };
}

function queueScopes(state: ModelState): readonly string[] {
  const live = [...state.jobs.values()].map((job) => job.spec);
  const queues = [...new Set([...live, ...state.past].map(({ queue }) => queue))];
  return queues.flatMap((queue) => PRIORITIES.map((priority) => `queue:${queue}:${priority}`));
}

function knownScopes(state: ModelState): readonly string[] {
  return [...queueScopes(state), ...knownSteps(state).map(scopeOf)];
}

function scopeOf(step: { readonly run: string; readonly step: string }): string {
  return `step:${step.run}:${step.step}`;
}
