/** Makes a concrete call on a real store, in the shape the model answers in. */
import type { Store, StoredEvent } from "@millrace/core";
import type { TestStore } from "../test-store.ts";
import { allPages, MAX_PAGES } from "./all-pages.ts";
import { type Call, WORKER } from "./call.ts";
import { byJob } from "./happened.ts";
import { chainWhole, readAudit } from "./read-audit.ts";

/** Performs the call; listings are read to their last page. */
export async function perform(test: TestStore, call: Call): Promise<unknown> {
  const { store } = test;
  switch (call.verb) {
    case "advance":
      return test.advance(call.ms);
    case "enqueue":
      return store.enqueue(call.jobs, { resend: call.resend });
    case "claim":
      return store.claim(call.wants, {
        ...leaseTerms(call),
        lease: call.lease,
        solo: call.solo,
        overdue: call.overdue,
      });
    case "extend":
      return store.extend(call.leases, leaseTerms(call));
    case "save":
      return store.save(call.writes);
    case "settle":
      return store.settle(call.settlements);
    case "rescue":
      return store.rescue({ limit: call.limit });
    case "expire":
      return store.expire({ limit: call.limit });
    case "configureQueue":
      return store.configureQueue(call.queue, call.change, call.note);
    case "watch":
      return store.watch({ limit: call.limit });
    case "cancel":
      return store.cancel(call.ids, call.note);
    case "cancels":
      return store.cancels(call.leases);
    case "cascade":
      return store.cascade({ limit: call.limit });
    case "retry":
      return store.retry(call.ids, call.note);
    case "reprioritise":
      return store.reprioritise(call.ids, call.priority, call.note);
    case "delete":
      return store.delete(call.ids, call.note);
    case "cleanUp":
      return store.cleanUp(call);
    case "fold":
      return checkFolded(await store.fold({ limit: call.limit }), call.limit);
    case "events":
      return byJob(await allEvents(store, call.limit));
    case "audit":
      return readAudit(store, call.limit);
    case "pruneAudit":
      await chainWhole(store, PRUNE_LIMIT);
      return checkPruned(await store.pruneAudit({ olderThanMs: call.olderThanMs, limit: PRUNE_LIMIT }));
    case "find":
      return allPages(call.limit, (page) => store.find(call.filter, page));
    case "peek":
      return store.peek(call.queue, call.options);
    case "logs":
      return allPages(call.limit, (page) => store.logs(call.job, page));
    case "explain":
      return store.explain(call.ids);
    case "registerWorkers":
      return store.registerWorkers(call.workers, { forMs: call.forMs });
    case "removeWorkers":
      return store.removeWorkers(call.ids);
    case "workers":
      return store.workers();
    case "hold":
      return store.hold(call.holds, call.note);
    case "holds":
      return allPages(call.limit, (page) => store.holds(call.filter, page));
    case "startRun":
      return store.startRun(call.run, call.coordinator);
    case "moveRun":
      return store.moveRun(call.move);
    case "findRuns":
      return allPages(call.limit, (page) => store.findRuns(call.filter, page));
    case "sweepRuns":
      return store.sweepRuns({ limit: call.limit });
    case "removeRuns":
      return store.removeRuns(call.ids, call.note);
    case "cleanUpRuns":
      return store.cleanUpRuns(call);
    case "purgeRuns":
      return checkPurged(await store.purgeRuns({ limit: call.limit }), call.limit);
    case "steps":
      return allPages(call.limit, (page) => store.steps(call.filter, page));
    case "items":
      return allPages(call.limit, (page) => store.items(call.filter, page));
    case "deadLetters":
      return allPages(call.limit, (page) => store.deadLetters(call.filter, page));
    case "deadGroups":
      return allPages(call.limit, (page) => store.deadGroups(call.filter, page));
    case "deadDepths":
      return store.deadDepths({ atMost: call.atMost });
    case "startOperation":
      return store.startOperation(call.operation);
    case "takeOperation":
      return store.takeOperation(call);
    case "advanceOperation":
      return store.advanceOperation(call.page);
    case "abortOperation":
      return store.abortOperation(call.operation, call.note);
    case "countMatching":
      return countAll(store, call);
    case "operations":
      return allPages(call.limit, (page) => store.operations(call.filter, page));
    default:
      return performOnSchedules(store, call);
  }
}

/** The calls about schedules. */
type ScheduleCall = Extract<Call, { readonly verb: `${string}Schedule` | `${string}Schedules` }>;

async function performOnSchedules(store: Store, call: ScheduleCall): Promise<unknown> {
  switch (call.verb) {
    case "setSchedule":
      return store.setSchedule(call.schedule, call.note);
    case "removeSchedule":
      return store.removeSchedule(call.id, call.note);
    case "pauseSchedule":
      return store.pauseSchedule(call.id, call.note);
    case "resumeSchedule":
      return store.resumeSchedule(call.schedule, call.nextMs, call.note);
    case "findSchedules":
      return allPages(call.limit, (page) => store.findSchedules(call.filter, page));
    case "dueSchedules":
      return store.dueSchedules({ limit: call.limit });
    case "fireSchedules":
      return store.fireSchedules(call.fires, call.note);
  }
}

/** Counts to the end, in pages. */
async function countAll(
  store: Store,
  { filter, limit }: Extract<Call, { readonly verb: "countMatching" }>,
): Promise<number> {
  let count = 0;
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await store.countMatching(filter, { limit, after });
    if (page.count > limit) throw new Error(`a count of limit ${limit} counts ${page.count}`);
    count += page.count;
    if (page.next === undefined) return count;
    after = page.next;
  }
  throw new Error(`a count with limit ${limit} goes on after ${MAX_PAGES} pages`);
}

/** Reads every event kept, in pages. */
async function allEvents(store: Store, limit: number): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await store.events(after === undefined ? { limit } : { limit, after });
    if (page.reset || page.events.length > limit)
      throw new Error(`events of limit ${limit}: ${JSON.stringify(page)}`);
    events.push(...page.events);
    if (page.next === after) return events;
    after = page.next;
  }
  throw new Error(`events go on after ${MAX_PAGES} pages`);
}

function leaseTerms(call: { readonly leaseMs: number }): {
  readonly worker: string;
  readonly leaseMs: number;
} {
  return { worker: WORKER, leaseMs: call.leaseMs };
}

/** More than a sequence writes: which records a smaller limit leaves is the store's own affair. */
const PRUNE_LIMIT = 1_000;

function checkPruned({ pruned, more }: { readonly pruned: number; readonly more: boolean }): unknown {
  if (more) throw new Error(`a pruning of ${pruned} records says that there are more`);
  return { pruned };
}

/** How much is left of removed runs is the store's own affair; that a pass keeps to its limit is not. */
function checkPurged({ removed }: { readonly removed: number }, limit: number): undefined {
  if (!Number.isInteger(removed) || removed < 0 || removed > limit) {
    throw new Error(`a purge of limit ${limit} says it removed ${removed}`);
  }
}

/** How many rows a fold finds is the store's own affair; that it keeps to its limit is not. */
function checkFolded(report: { readonly folded: number }, limit: number): undefined {
  const { folded } = report;
  if (!Number.isInteger(folded) || folded < 0 || folded > limit) {
    throw new Error(`a fold of limit ${limit} says it folded ${folded}`);
  }
}
