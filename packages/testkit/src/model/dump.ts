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
  /** Counters asked for by scope. */
  readonly counters: Counters;
  /** Counters of all queues, found by their prefix. */
  readonly queues: Counters;
  readonly settings: readonly QueueSetting[];
  readonly runs: readonly RunRow[];
  readonly items: Readonly<Record<string, readonly ItemRow[]>>;
}

/** What the model says the port should show. */
export function dumpModel(state: ModelState): Dump {
  return {
    jobs: jobsOf(state, {}),
    counters: countersOf(state, askedScopes(state)),
    queues: countersOf(state, knownQueues(state).flatMap(scopesOf)),
    settings: settingsOf(state),
    runs: runsOf(state, {}),
    items: Object.fromEntries(knownSteps(state).map((step) => [scopeOf(step), itemsOf(state, step)])),
  };
}

/** What the port shows, asked for the scopes and steps the model knows of, and one it does not. */
export async function dumpStore(store: Store, state: ModelState): Promise<Dump> {
  const scopes = askedScopes(state);
  const items: Record<string, readonly ItemRow[]> = {};
  for (const step of knownSteps(state)) {
    items[scopeOf(step)] = await allPages(PAGE, (page) => store.items(step, page));
  }
  return {
    jobs: await allPages(PAGE, (page) => store.find({}, page)),
    counters: scopes.length === 0 ? {} : await store.counters([...scopes, "queue:nowhere:default"]),
    queues: await store.countersUnder("queue:"),
    settings: await store.queueSettings(),
    runs: await allPages(PAGE, (page) => store.findRuns({}, page)),
    items,
  };
}

/** Those of steps and, beside them, of queues: where there is no step, `countersUnder` shows as much with one call less. */
function askedScopes(state: ModelState): readonly string[] {
  const steps = knownSteps(state).map(scopeOf);
  return steps.length === 0 ? [] : [...knownQueues(state).flatMap(scopesOf), ...steps];
}

function scopeOf(step: { readonly run: string; readonly step: string }): string {
  return `step:${step.run}:${step.step}`;
}
