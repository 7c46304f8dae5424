/** What the reference model shows: jobs, and counters by scope. */
import type { JobFilter, JobId, JobRow, LogRow, PeekOptions, StepRef } from "@millrace/core";
import { byClaimOrder } from "./claim.ts";
import { isInTurn } from "./explain.ts";
import { knownSteps, stepCounters, sum } from "./ledger.ts";
import { isLive, type ModelJob, type ModelLine, type ModelState, stateOf } from "./state.ts";

/** Counters by scope. */
export type Counters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The matching jobs, newest first by id. */
export function jobsOf(state: ModelState, filter: JobFilter): readonly JobRow[] {
  return [...state.jobs.values()]
    .map((job) => rowOf(job, state.nowMs))
    .filter((row) => isMatch(row, filter))
    .sort((left, right) => (left.id > right.id ? -1 : 1));
}

/** The counters of the scopes asked for, where there is anything to count. */
export function countersOf(state: ModelState, scopes: readonly string[]): Counters {
  const all = [...queueCounters(state), ...knownSteps(state).map((step) => stepEntry(state, step))];
  return Object.fromEntries(
    all.filter(([scope, counters]) => scopes.includes(scope) && Object.keys(counters).length > 0),
  );
}

function rowOf(job: ModelJob, nowMs: number): JobRow {
  return {
    id: job.spec.id,
    queue: job.spec.queue,
    name: job.spec.name,
    tenant: job.spec.tenant,
    priority: job.spec.priority,
    state: stateOf(job, nowMs),
    generation: job.generation,
    attempts: job.attempts,
    interruptions: job.interruptions,
    rescues: job.rescues,
    snoozes: job.snoozes,
    parent: job.parent,
    run: job.spec.run,
    createdAtMs: job.createdAtMs,
    runAtMs: job.runAtMs,
    finishedAtMs: job.finishedAtMs,
    expiresAtMs: isLive(job) ? job.expiresAtMs : undefined,
    fingerprint: job.fingerprint,
    envelope: job.spec.envelope,
    checkpoint: job.checkpoint,
    progress: job.progress,
    records: job.records.join("\n"),
  };
}

function isMatch(row: JobRow, filter: JobFilter): boolean {
  return (
    (filter.ids === undefined || filter.ids.includes(row.id)) &&
    (filter.states === undefined || filter.states.includes(row.state)) &&
    (filter.queue === undefined || filter.queue === row.queue) &&
    (filter.name === undefined || filter.name === row.name) &&
    (filter.tenant === undefined || filter.tenant === row.tenant) &&
    (filter.run === undefined || filter.run === row.run) &&
    (filter.parent === undefined || filter.parent === row.parent) &&
    isAlike(row, filter) &&
    isOfTime(row, filter)
  );
}

function isAlike(row: JobRow, { priorities, tags = [], fingerprints }: JobFilter): boolean {
  return (
    (priorities === undefined || priorities.includes(row.priority)) &&
    tags.every((tag) => tagsOf(row).includes(tag)) &&
    (fingerprints === undefined || fingerprints.some((one) => one === failureOf(row)))
  );
}

function isOfTime({ createdAtMs, finishedAtMs }: JobRow, filter: JobFilter): boolean {
  const { createdFromMs = createdAtMs, createdUntilMs = createdAtMs, finishedUntilMs } = filter;
  const hasFinished = finishedUntilMs === undefined || (finishedAtMs ?? Number.NaN) <= finishedUntilMs;
  return hasFinished && createdFromMs <= createdAtMs && createdAtMs <= createdUntilMs;
}

/** Of an envelope that holds JSON: patches of operations may be any text. */
function tagsOf({ envelope }: JobRow): readonly string[] {
  const isRead = envelope.startsWith("0{") && envelope.endsWith("}");
  const { tags = [] } = (isRead ? JSON.parse(envelope.slice(1)) : {}) as {
    readonly tags?: readonly string[];
  }; // made by sketches
  return tags;
}

/** The fingerprint of a dead job, or the one in the last record of a job that did not complete. */
function failureOf({ state, fingerprint, records }: JobRow): string | undefined {
  if (state === "dead" || state === "completed") return fingerprint;
  return /"fingerprint":"(\w+)"\}\}$/.exec(records)?.[1];
}

/** The jobs that claims would take next of a queue. */
export function peeked(
  state: ModelState,
  queue: string,
  { priorities, limit }: PeekOptions,
): readonly JobRow[] {
  return [...state.jobs.values()]
    .filter((job) => job.spec.queue === queue && isInTurn(state, job))
    .filter(({ spec }) => priorities?.includes(spec.priority) ?? true)
    .sort(byClaimOrder)
    .slice(0, limit)
    .map((job) => rowOf(job, state.nowMs));
}

/** The lines kept of a job's log: the last thousand of each generation. */
export function logOf(state: ModelState, id: JobId): readonly LogRow[] {
  const { log = [], generation: last = 0 } = state.jobs.get(id) ?? {};
  return Array.from({ length: last }, (_, index) => index + 1).flatMap((generation) =>
    keptOf(log.filter((line) => line.generation === generation)),
  );
}

function keptOf(all: readonly ModelLine[]): readonly LogRow[] {
  return all.slice(-1_000).flatMap(({ generation, atMs, level, line }, index) => {
    const seq = Math.max(all.length - 1_000, 0) + index + 1;
    return line === undefined ? [] : [{ generation, seq, atMs, level, line }];
  });
}

type ScopeEntry = readonly [scope: string, counters: Readonly<Record<string, number>>];

function queueCounters(state: ModelState): readonly ScopeEntry[] {
  const scopes = new Map<string, Readonly<Record<string, number>>[]>();
  const count = (scope: string, counters: Readonly<Record<string, number>>): void => {
    const before = scopes.get(scope);
    if (before === undefined) scopes.set(scope, [counters]);
    else before.push(counters);
  };
  for (const { spec, place } of state.jobs.values()) count(scopeOf(spec), { [place]: 1 });
  for (const job of state.past) count(scopeOf(job), { [job.place]: 1 });
  for (const [scope, refused] of state.refused) count(scope, { refused });
  for (const { scope, measures } of state.measured) count(scope, measures);
  return [...scopes].map(([scope, counters]) => [scope, sum(counters)]);
}

function scopeOf({ queue, priority }: Pick<JobRow, "queue" | "priority">): string {
  return `queue:${queue}:${priority}`;
}

function stepEntry(state: ModelState, step: StepRef): ScopeEntry {
  return [`step:${step.run}:${step.step}`, stepCounters(state, step)];
}
