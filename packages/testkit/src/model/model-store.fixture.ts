/** The reference model dressed as a store, its answers open to tampering. */
import {
  type AuditChain,
  type AuditRecord,
  type AuditStore,
  auditText,
  CHAIN_START,
  type ChainedRow,
  type ChainPoint,
  chainHash,
  type DueSchedules,
  type EventPage,
  type EventsOptions,
  FIRST_POSITION,
  formatPosition,
  type LeaseId,
  type OperationTurn,
  type Page,
  type PageOptions,
  parsePosition,
  type RunStart,
  type Store,
} from "@millrace/core";
import type { TestStore } from "../test-store.ts";
import type { Call } from "./call.ts";
import { dumpModel } from "./dump.ts";
import { countersOf } from "./listing.ts";
import { settingsOf } from "./queues.ts";
import { answerOf } from "./reference-model.ts";
import { type Answer, advance, emptyState, type ModelState } from "./state.ts";

/** What decides a store's answers: the model, or something like it. */
export type Brain = (state: ModelState, call: Call) => Answer<unknown>;

/** A store that does what the brain says. */
export function modelStore(brain: Brain = answerOf): TestStore {
  let state = emptyState(Date.UTC(2026, 0, 1));
  const ask = async <T>(call: Call): Promise<T> => {
    const given = brain(state, call);
    state = given.state;
    return given.answer as T; // what the verb answers
  };
  const list = async <T>(call: Call, page: PageOptions): Promise<Page<T>> =>
    pageOf(await ask<readonly T[]>(call), page);
  const store: Store = {
    capabilities: { multiProcess: false },
    open: async () => ({ kind: "model", durability: "none", version: "1" }),
    migrate: async () => [],
    close: async () => {},
    enqueue: (jobs, options) => ask({ verb: "enqueue", jobs, resend: options?.resend ?? false }),
    claim: (wants, { lease, leaseMs, solo, overdue }) =>
      ask({ verb: "claim", wants, lease, leaseMs, solo: solo ?? false, overdue: overdue ?? 0 }),
    extend: (leases, { leaseMs }) => ask<{ lost: readonly LeaseId[] }>({ verb: "extend", leases, leaseMs }),
    save: (writes) => ask({ verb: "save", writes }),
    settle: (settlements) => ask({ verb: "settle", settlements }),
    rescue: ({ limit }) => ask({ verb: "rescue", limit }),
    expire: ({ limit }) => ask({ verb: "expire", limit }),
    configureQueue: (queue, change, note) => ask({ verb: "configureQueue", queue, change, note }),
    queueSettings: async () => settingsOf(state),
    peek: (queue, options) => ask({ verb: "peek", queue, options }),
    watch: ({ limit }) => ask({ verb: "watch", limit }),
    cancel: (ids, note) => ask({ verb: "cancel", ids, note: note ?? {} }),
    cancels: (leases) => ask({ verb: "cancels", leases }),
    cascade: ({ limit }) => ask<{ cancelled: number; more: boolean }>({ verb: "cascade", limit }),
    retry: (ids, note) => ask({ verb: "retry", ids, note: note ?? {} }),
    reprioritise: (ids, priority, note) => ask({ verb: "reprioritise", ids, priority, note: note ?? {} }),
    delete: (ids, note) => ask({ verb: "delete", ids, note }),
    cleanUp: (options) => ask<{ removed: number; more: boolean }>({ ...options, verb: "cleanUp" }),
    fold: async () => ({ folded: 0 }),
    counters: async (scopes) => countersOf(state, scopes),
    countersUnder: async (prefix) => {
      const all = Object.entries(dumpModel(state, []).counters);
      return Object.fromEntries(all.filter(([scope]) => scope.startsWith(prefix)));
    },
    events: async (options) => eventPage(state, options),
    find: (filter, page) => list({ verb: "find", filter, limit: page.limit }, page),
    logs: (job, page) => list({ verb: "logs", job, limit: page.limit }, page),
    explain: (ids) => ask({ verb: "explain", ids }),
    registerWorkers: (workers, { forMs }) => ask({ verb: "registerWorkers", workers, forMs }),
    removeWorkers: (ids) => ask({ verb: "removeWorkers", ids }),
    workers: () => ask({ verb: "workers" }),
    hold: (holds, note) => ask({ verb: "hold", holds, note }),
    holds: (filter, page) => list({ verb: "holds", filter, limit: page.limit }, page),
    startRun: (run, coordinator) => ask<RunStart>({ verb: "startRun", run, coordinator }),
    moveRun: (move) => ask({ verb: "moveRun", move }),
    sweepRuns: ({ limit }) => ask({ verb: "sweepRuns", limit }),
    removeRuns: (ids, note) => ask({ verb: "removeRuns", ids, note: note ?? {} }),
    cleanUpRuns: (options) => ask<{ removed: number; more: boolean }>({ ...options, verb: "cleanUpRuns" }),
    purgeRuns: async () => ({ removed: 0, more: false }),
    steps: (filter, page) => list({ verb: "steps", filter, limit: page.limit }, page),
    findRuns: (filter, page) => list({ verb: "findRuns", filter, limit: page.limit }, page),
    ...auditVerbs(() => state, ask),
    items: (filter, page) => list({ verb: "items", filter, limit: page.limit }, page),
    deadLetters: (filter, page) => list({ verb: "deadLetters", filter, limit: page.limit }, page),
    deadGroups: (filter, page) => list({ verb: "deadGroups", filter, limit: page.limit }, page),
    deadDepths: ({ atMost }) => ask({ verb: "deadDepths", atMost }),
    startOperation: (operation) => ask({ verb: "startOperation", operation }),
    operations: (filter, page) => list({ verb: "operations", filter, limit: page.limit }, page),
    takeOperation: (options) => ask<OperationTurn | undefined>({ verb: "takeOperation", ...options }),
    advanceOperation: (page) => ask({ verb: "advanceOperation", page }),
    abortOperation: (operation, note) => ask({ verb: "abortOperation", operation, note: note ?? {} }),
    countMatching: async (filter, { limit, after = "0" }) => {
      const all = await ask<number>({ verb: "countMatching", filter, limit });
      const end = Number(after) + limit;
      const count = Math.max(0, Math.min(all, end) - Number(after));
      return end < all ? { count, next: String(end) } : { count };
    },
    setSchedule: (schedule, note) => ask({ verb: "setSchedule", schedule, note }),
    removeSchedule: (id, note) => ask({ verb: "removeSchedule", id, note }),
    pauseSchedule: (id, note) => ask({ verb: "pauseSchedule", id, note }),
    resumeSchedule: (schedule, nextMs, note) => ask({ verb: "resumeSchedule", schedule, nextMs, note }),
    findSchedules: (filter, page) => list({ verb: "findSchedules", filter, limit: page.limit }, page),
    dueSchedules: ({ limit }) => ask<DueSchedules>({ verb: "dueSchedules", limit }),
    fireSchedules: (fires, note) => ask({ verb: "fireSchedules", fires, note }),
  };
  return {
    store,
    advance: async (ms) => {
      state = advance(state, ms);
    },
    lose: async () => {
      throw new Error("the model loses nothing");
    },
    reopen: async () => store,
    dispose: async () => {},
  };
}

type Ask = <T>(call: Call) => Promise<T>;

/** The model's records, chained as they are read; of a record that retention left, its hash is filled in. */
function auditVerbs(stateNow: () => ModelState, ask: Ask): AuditStore {
  return {
    findAudit: async (_, page) =>
      pageOf(
        chainsOf(stateNow())
          .flatMap(({ rows }) => rows)
          .sort(newestFirst),
        page,
      ),
    auditChain: async (tenant, { after, limit }) => {
      const chain = chainsOf(stateNow()).find((one) => one.tenant === tenant);
      return (chain?.rows ?? []).filter(({ place }) => place.n > after).slice(0, limit);
    },
    auditChains: async () => chainsOf(stateNow()).map(({ rows: _, ...chain }) => chain),
    chainAudit: async () => ({ chained: 0 }),
    pruneAudit: async ({ olderThanMs }) => ({
      ...(await ask<{ pruned: number }>({ verb: "pruneAudit", olderThanMs })),
      more: false,
    }),
  };
}

type ModelChain = AuditChain & { readonly rows: readonly ChainedRow[] };

const chained = new WeakMap<ModelState, readonly ModelChain[]>();

function chainsOf(state: ModelState): readonly ModelChain[] {
  const chains = chained.get(state) ?? chainsIn(state);
  chained.set(state, chains);
  return chains;
}

function chainsIn({ audit, prunedTo }: ModelState): readonly ModelChain[] {
  const tenants = [...new Set(audit.map(({ tenant }) => tenant))].sort();
  return tenants.map((tenant) => {
    const points: ChainPoint[] = [{ n: 0, hash: CHAIN_START }];
    const rows = audit.filter((record) => record.tenant === tenant).map((record) => placed(record, points));
    const pruned = points[prunedTo.get(tenant) ?? 0] ?? { n: 0, hash: CHAIN_START };
    const head = points.at(-1) ?? pruned;
    return { tenant, head, pruned, pending: 0, rows: rows.filter(({ place }) => place.n > pruned.n) };
  });
}

/** Chains a record to the last point, which it adds its own to. */
function placed(record: AuditRecord, points: ChainPoint[]): ChainedRow {
  const previous = points.at(-1)?.hash ?? CHAIN_START;
  const { n } = record.details;
  const told = typeof n === "number" ? { n, hash: points[n]?.hash ?? "" } : record.details;
  const text = auditText({ ...record, details: told });
  const point = { n: points.length, hash: chainHash(previous, text) };
  points.push(point);
  const { tenant, type, resourceType, resourceId, at: atMs } = record;
  return { tenant, type, resourceType, resourceId, atMs, text, place: { ...point, previous } };
}

function newestFirst(left: ChainedRow, right: ChainedRow): number {
  return right.atMs - left.atMs;
}

/** The model's events, all in one row. */
function eventPage(
  { events, nowMs }: ModelState,
  { after = FIRST_POSITION, limit }: EventsOptions,
): EventPage {
  const { index: start } = after === "latest" ? { index: events.length } : parsePosition(after);
  const shown = events.slice(start, start + limit).map((event, index) => ({
    ...event,
    atMs: nowMs,
    position: formatPosition({ row: 0n, index: start + index + 1 }),
  }));
  return { events: shown, next: formatPosition({ row: 0n, index: start + shown.length }) };
}

function pageOf<T>(rows: readonly T[], page: PageOptions): Page<T> {
  const start = Number(page.after ?? 0);
  const end = start + page.limit;
  const shown = rows.slice(start, end);
  return end < rows.length ? { rows: shown, next: String(end) } : { rows: shown };
}
