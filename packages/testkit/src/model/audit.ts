/** What the reference model's audit keeps: one record of each call that changed something, derived from its answer. */
import {
  type AuditRecord,
  type ControlNote,
  isFinishedRun,
  type JobId,
  type Priority,
  type QueueSetting,
  type RunMove,
} from "@millrace/core";
import { operationActs, scheduleActs } from "./audit-acts.ts";
import { by, record } from "./audit-record.ts";
import type { Call } from "./call.ts";
import { holdActs } from "./holds.ts";
import { pageDone } from "./operations.ts";
import type { Answer, ModelState } from "./state.ts";

/** A record with its place in its tenant's chain; of a hash only that there is one. */
export interface PlacedRecord {
  readonly n: number;
  readonly record: AuditRecord;
}

/** The answer, its state with what the audit keeps of the call. */
export function audited(before: ModelState, given: Answer<unknown>, call: Call): Answer<unknown> {
  const records = [...deaths(before, given.state, call), ...acts(before, given, call)];
  return { ...given, state: { ...given.state, audit: [...given.state.audit, ...records] } };
}

/** What an audit shows, chained whole. */
export interface ShownAudit {
  /** By tenant, those let go of left out. */
  readonly chains: Readonly<Record<string, readonly PlacedRecord[]>>;
  /** What was found wrong, in words. */
  readonly damages: readonly string[];
}

/** What the model's shows. */
export function auditOf(state: ModelState): ShownAudit {
  return { chains: Object.fromEntries(chainsOf(state)), damages: [] };
}

function chainsOf({ audit, prunedTo }: ModelState): readonly (readonly [string, readonly PlacedRecord[]])[] {
  const tenants = [...new Set(audit.map(({ tenant }) => tenant))];
  return tenants.map((tenant) => {
    const records = recordsOf(audit, tenant).filter(({ n }) => n > (prunedTo.get(tenant) ?? 0));
    return [tenant, records] as const;
  });
}

function recordsOf(audit: readonly AuditRecord[], tenant: string): readonly PlacedRecord[] {
  return audit
    .filter((record) => record.tenant === tenant)
    .map((record, index) => ({ n: index + 1, record }));
}

/** Lets go of what is old, but for the last record of each chain. */
export function pruneAudit(state: ModelState, olderThanMs: number): Answer<{ readonly pruned: number }> {
  const prunedTo = new Map(state.prunedTo);
  const told: AuditRecord[] = [];
  let pruned = 0;
  for (const [tenant, records] of chainsOf(state)) {
    const old = records.slice(0, -1).filter(({ record }) => record.at <= state.nowMs - olderThanMs);
    const last = old.at(-1);
    if (last === undefined) continue;
    pruned += old.length;
    prunedTo.set(tenant, last.n);
    const details = { n: last.n, hash: "*" };
    told.push(
      record(state, { type: "audit.pruned", action: "pruneAudit", tenant, resourceType: "audit", details }),
    );
  }
  return { state: { ...state, prunedTo, audit: [...state.audit, ...told] }, answer: { pruned } };
}

type Said = Pick<AuditRecord, "tenant" | "resourceType" | "resourceId" | "details">;

function ofJobs(
  jobs: readonly { readonly id: JobId; readonly tenant: string }[],
  write: (said: Said) => readonly AuditRecord[],
): readonly AuditRecord[] {
  return ofListed("job", jobs, write);
}

/** By tenant, with the first hundred ids in order. */
function ofListed(
  resourceType: "job" | "run",
  all: readonly { readonly id: string; readonly tenant: string }[],
  write: (said: Said) => readonly AuditRecord[],
): readonly AuditRecord[] {
  const tenants = [...new Set(all.map(({ tenant }) => tenant))].sort();
  return tenants.flatMap((tenant) => {
    const ids = [...new Set(all.filter((each) => each.tenant === tenant).map(({ id }) => id))].sort();
    const details = { count: ids.length, ids: ids.slice(0, 100) };
    const resourceId = ids.length === 1 ? (ids[0] ?? null) : null;
    return write({ tenant, resourceType, resourceId, details });
  });
}

function deaths(before: ModelState, state: ModelState, { verb }: Call): readonly AuditRecord[] {
  const dead = state.events.slice(before.events.length).filter(({ kind }) => kind === "dead");
  const jobs = dead.flatMap(({ job }) => state.jobs.get(job) ?? []);
  const isOfChildren = (job: (typeof jobs)[number]) => job.fingerprint === "children-failed";
  const of = (chosen: typeof jobs, cause: string, action: string) =>
    ofJobs(
      chosen.map(({ spec }) => spec),
      (said) => [record(state, { ...said, type: "job.dead", action, details: { ...said.details, cause } })],
    );
  const own = jobs.filter((job) => !isOfChildren(job));
  return [
    ...(verb === "rescue" ? of(own, "crashed", "rescue") : of(own, "failed", "settle")),
    ...of(jobs.filter(isOfChildren), "children-failed", "wake"),
  ];
}

function acts(before: ModelState, { state, answer }: Answer<unknown>, call: Call): readonly AuditRecord[] {
  switch (call.verb) {
    case "cancel":
      return ofAnswered(before, call, {
        answer,
        type: "job.cancelled",
        changes: ["cancelled", "cancelling"],
      });
    case "retry":
      return ofAnswered(before, call, { answer, type: "job.retried", changes: ["replayed", "made-ready"] });
    case "delete":
      return ofAnswered(before, call, { answer, type: "job.deleted", changes: ["deleted"] });
    case "reprioritise":
      return ofReprioritised(before, answer, call);
    case "cleanUp":
      return ofCleanUp(before, state, call);
    case "configureQueue":
      return ofQueue(before, state, call);
    case "hold":
      return holdActs(before, state, call);
    case "removeRuns":
    case "cleanUpRuns":
      return ofRemovedRuns(before, state, call);
    case "startRun":
    case "sweepRuns":
      return abandoned(before, state);
    case "moveRun":
      return state.runs === before.runs ? [] : ofMove(before, call.move);
    case "advanceOperation":
      return answer === "applied" ? ofPage(before, call) : [];
    case "startOperation":
    case "abortOperation":
      return operationActs(before, answer, call);
    case "setSchedule":
    case "removeSchedule":
    case "pauseSchedule":
    case "resumeSchedule":
      return scheduleActs(before, { state, answer }, call);
    case "fireSchedules":
      return [...abandoned(before, state), ...scheduleActs(before, { state, answer }, call)];
    default:
      return [];
  }
}

function ofAnswered(
  before: ModelState,
  call: Extract<Call, { readonly verb: "cancel" | "retry" | "delete" }>,
  said: { readonly answer: unknown; readonly type: AuditRecord["type"]; readonly changes: readonly string[] },
): readonly AuditRecord[] {
  const answers = said.answer as readonly string[]; // what each of the three answers
  const changed = call.ids.filter((_, index) => said.changes.includes(answers[index] ?? ""));
  const jobs = changed.flatMap((id) => before.jobs.get(id)?.spec ?? []);
  return ofJobs(jobs, (of) => by(before, call.note ?? {}, { ...of, type: said.type, action: call.verb }));
}

/** Under the verb that does it to jobs by id, by who started the operation. */
function ofPage(
  before: ModelState,
  { page }: Extract<Call, { readonly verb: "advanceOperation" }>,
): readonly AuditRecord[] {
  const row = before.operations.get(page.id)?.row;
  if (row === undefined) return [];
  const { action, note, priority } = row;
  const jobs = pageDone(before, row, page).answer.flatMap((id) => before.jobs.get(id)?.spec ?? []);
  if (action === "reprioritise")
    return priority === undefined ? [] : reprioritised(before, jobs, { priority, note });
  const type = ({ retry: "job.retried", cancel: "job.cancelled", delete: "job.deleted" } as const)[action];
  return ofJobs(jobs, (of) => by(before, note, { ...of, type, action }));
}

function ofReprioritised(
  before: ModelState,
  answer: unknown,
  { ids, ...given }: Extract<Call, { readonly verb: "reprioritise" }>,
): readonly AuditRecord[] {
  const answers = answer as readonly string[]; // what the verb answers
  const jobs = ids.flatMap((id, index) =>
    answers[index] === "changed" ? (before.jobs.get(id)?.spec ?? []) : [],
  );
  return reprioritised(before, jobs, given);
}

function reprioritised(
  before: ModelState,
  jobs: Parameters<typeof ofJobs>[0],
  { priority, note }: { readonly priority: Priority; readonly note: ControlNote },
): readonly AuditRecord[] {
  return ofJobs(jobs, (said) => {
    const details = { ...said.details, priority, ...(note.by === undefined ? {} : { by: note.by }) };
    return by(before, note, { ...said, type: "job.reprioritised", action: "reprioritise", details });
  });
}

function ofCleanUp(
  before: ModelState,
  state: ModelState,
  { note = {}, olderThanMs, states }: Extract<Call, { readonly verb: "cleanUp" }>,
): readonly AuditRecord[] {
  const gone = [...before.jobs.values()].filter(({ spec }) => !state.jobs.has(spec.id));
  return ofJobs(
    gone.map(({ spec }) => spec),
    (said) => {
      const details = { ...said.details, olderThanMs, states: [...new Set(states)].sort() };
      return by(before, note, { ...said, type: "job.cleaned-up", action: "cleanUp", details });
    },
  );
}

function ofRemovedRuns(
  before: ModelState,
  state: ModelState,
  call: Extract<Call, { readonly verb: "removeRuns" | "cleanUpRuns" }>,
): readonly AuditRecord[] {
  const gone = [...before.runs.values()].filter(({ id }) => !state.runs.has(id));
  const { verb: action, note = {} } = call;
  const which =
    call.verb === "removeRuns"
      ? {}
      : { olderThanMs: call.olderThanMs, states: [...new Set(call.states)].sort() };
  const type = call.verb === "removeRuns" ? "run.removed" : "run.cleaned-up";
  return ofListed("run", gone, (said) =>
    by(before, note, { ...said, type, action, details: { ...said.details, ...which } }),
  );
}

function ofQueue(
  before: ModelState,
  state: ModelState,
  { queue, note = {} }: Extract<Call, { readonly verb: "configureQueue" }>,
): readonly AuditRecord[] {
  const [was, is] = [shown(before.queues.get(queue)), shown(state.queues.get(queue))];
  const isSame = (["paused", "capacity", "source"] as const).every((key) => was[key] === is[key]);
  const classes = new Set([...Object.keys(was.capacities), ...Object.keys(is.capacities)]);
  const limits = (of: typeof was): Readonly<Record<string, number | undefined>> => of.capacities;
  if (isSame && [...classes].every((name) => limits(was)[name] === limits(is)[name])) return [];
  const said = {
    action: "configureQueue",
    resourceType: "queue",
    resourceId: queue,
    before: was,
    after: is,
  } as const;
  return by(before, note, { ...said, type: "queue.configured" });
}

function shown(setting: QueueSetting | undefined) {
  const { paused = false, capacity = null, capacities = {}, source } = setting ?? {};
  return { paused, capacity, capacities: { ...capacities }, ...(source !== undefined && { source }) };
}

function abandoned(before: ModelState, state: ModelState): readonly AuditRecord[] {
  const failed = [...before.runs.values()].filter(
    (run) => !isFinishedRun(run.state) && state.runs.get(run.id)?.state === "failed",
  );
  return failed.flatMap((run) => ofMove(before, { run: run.id, from: [], to: "failed" }));
}

function ofMove(before: ModelState, move: RunMove): readonly AuditRecord[] {
  const { run: id, to, note = {}, coordinator } = move;
  const run = before.runs.get(id);
  if (run === undefined) return [];
  const said = {
    action: "moveRun",
    tenant: run.tenant,
    resourceType: "run",
    resourceId: id,
    details: { coordinator: coordinator?.id ?? run.coordinator, definition: run.definition },
    before: { state: run.state },
    after: { state: to },
  } as const;
  if (note.actor !== undefined)
    return by(before, note, { ...said, type: to === "failed" ? "run.failed" : "run.moved" });
  return to === "failed" ? [record(before, { ...said, type: "run.failed" })] : [];
}
