/** What the port shows of a store, read back after each call and compared with the model's. */
import type {
  HolderWrite,
  ItemRow,
  JobRow,
  LimitHold,
  OperationRow,
  QueueSetting,
  RunRow,
  ScheduleRow,
  StepRow,
  Store,
} from "@millrace/core";
import { allPages } from "./all-pages.ts";
import { auditOf, type ShownAudit } from "./audit.ts";
import type { Call } from "./call.ts";
import { holdsOf } from "./holds.ts";
import { itemsOf, knownSteps } from "./ledger.ts";
import { type Counters, countersOf, jobsOf } from "./listing.ts";
import { operationsOf } from "./operations.ts";
import { knownQueues, scopesOf, settingsOf } from "./queues.ts";
import { readAudit } from "./read-audit.ts";
import { runsOf } from "./run.ts";
import { schedulesOf } from "./schedule.ts";
import type { ModelState } from "./state.ts";
import { stepsOf } from "./steps.ts";

/** Rows a page of a dump has: more than most sequences make, so a dump is few calls. */
const PAGE = 200;

/** What the port shows of a store: jobs and counters always, the rest where it is asked for. */
export interface Dump {
  readonly jobs: readonly JobRow[];
  readonly counters: Counters;
  readonly settings?: readonly QueueSetting[];
  readonly holds?: readonly LimitHold[];
  readonly runs?: readonly RunRow[];
  /** By run. */
  readonly steps?: Readonly<Record<string, readonly StepRow[]>>;
  readonly schedules?: readonly ScheduleRow[];
  readonly items?: Readonly<Record<string, readonly ItemRow[]>>;
  readonly operations?: readonly OperationRow[];
  /** The counters of all queues once more, found by their prefix. */
  readonly queues?: Counters;
  readonly audit?: ShownAudit;
}

/** A part of a dump that not every call can change. */
export type Part =
  | "settings"
  | "holds"
  | "runs"
  | "steps"
  | "items"
  | "operations"
  | "queues"
  | "schedules"
  | "audit";

/** All there is, for the end of a sequence: what a call changed that should not have shows then at the latest. */
export const WHOLE: readonly Part[] = [
  "settings",
  "holds",
  "runs",
  "steps",
  "items",
  "operations",
  "queues",
  "schedules",
  "audit",
];

/** What a call may change beside jobs and counters. */
export function partsOf(call: Call): readonly Part[] {
  switch (call.verb) {
    case "configureQueue":
      return ["settings"];
    case "hold":
      return ["holds"];
    case "startRun":
    case "moveRun":
    case "sweepRuns":
    case "removeRuns":
    case "cleanUpRuns":
    case "purgeRuns":
      return ["runs", "steps"];
    case "setSchedule":
    case "removeSchedule":
    case "pauseSchedule":
    case "resumeSchedule":
      return ["schedules"];
    case "fireSchedules":
      return ["schedules", "runs"];
    case "save":
      return [...(marksAny(call.writes) ? (["steps"] as const) : []), "items"];
    case "settle":
      return [...(marksAny(call.settlements) ? (["steps"] as const) : []), "items"];
    case "startOperation":
    case "takeOperation":
    case "advanceOperation":
    case "abortOperation":
      return ["operations"];
    default:
      return [];
  }
}

function marksAny(writes: readonly HolderWrite[]): boolean {
  return writes.some(({ marks = [] }) => marks.length > 0);
}

/** What the model says the port should show. */
export function dumpModel(state: ModelState, parts: readonly Part[]): Dump {
  const ofQueues = knownQueues(state).flatMap(scopesOf);
  const steps = knownSteps(state);
  return {
    jobs: jobsOf(state, {}),
    counters: countersOf(state, [...ofQueues, ...steps.map(scopeOf)]),
    ...(parts.includes("settings") && { settings: settingsOf(state) }),
    ...(parts.includes("holds") && { holds: holdsOf(state, {}) }),
    ...(parts.includes("runs") && { runs: runsOf(state, {}) }),
    ...(parts.includes("steps") && {
      steps: Object.fromEntries([...state.runs.keys()].map((run) => [run, stepsOf(state, { run })])),
    }),
    ...(parts.includes("schedules") && { schedules: schedulesOf(state, {}) }),
    ...(parts.includes("items") && {
      items: Object.fromEntries(steps.map((step) => [scopeOf(step), itemsOf(state, step)])),
    }),
    ...(parts.includes("operations") && { operations: operationsOf(state, {}) }),
    ...(parts.includes("queues") && { queues: countersOf(state, ofQueues) }),
    ...(parts.includes("audit") && { audit: auditOf(state) }),
  };
}

/** What the port shows, asked for the scopes and steps the model knows of, and one it does not. */
export async function dumpStore(store: Store, state: ModelState, parts: readonly Part[]): Promise<Dump> {
  return {
    jobs: await allPages(PAGE, (page) => store.find({}, page)),
    counters: await countersIn(store, state),
    ...(parts.includes("settings") && { settings: await store.queueSettings() }),
    ...(parts.includes("holds") && { holds: await allPages(PAGE, (page) => store.holds({}, page)) }),
    ...(parts.includes("runs") && { runs: await allPages(PAGE, (page) => store.findRuns({}, page)) }),
    ...(parts.includes("steps") && { steps: await stepsIn(store, state) }),
    ...(parts.includes("schedules") && {
      schedules: await allPages(PAGE, (page) => store.findSchedules({}, page)),
    }),
    ...(parts.includes("items") && { items: await ledgersIn(store, state) }),
    ...(parts.includes("operations") && {
      operations: await allPages(PAGE, (page) => store.operations({}, page)),
    }),
    ...(parts.includes("queues") && { queues: await store.countersUnder("queue:") }),
    ...(parts.includes("audit") && { audit: await readAudit(store, PAGE) }),
  };
}

async function stepsIn(store: Store, state: ModelState): Promise<NonNullable<Dump["steps"]>> {
  const steps: Record<string, readonly StepRow[]> = {};
  for (const run of state.runs.keys()) {
    steps[run] = await allPages(PAGE, (page) => store.steps({ run }, page));
  }
  return steps;
}

async function ledgersIn(store: Store, state: ModelState): Promise<NonNullable<Dump["items"]>> {
  const items: Record<string, readonly ItemRow[]> = {};
  for (const step of knownSteps(state)) {
    items[scopeOf(step)] = await allPages(PAGE, (page) => store.items(step, page));
  }
  return items;
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
