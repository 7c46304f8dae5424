/** The entries of what people do and of what happens, so that every store writes the same ones. */
import { SYSTEM_ACTOR } from "./actor.ts";
import {
  type AuditEntry,
  type AuditResource,
  type AuditType,
  actorFields,
  type JsonObject,
} from "./audit.ts";
import type { ControlNote } from "./control-note.ts";
import type { JobId, RunId } from "./ids.ts";
import type { Priority } from "./job.ts";
import type { RunState } from "./run.ts";

/** Most ids that a record lists; it counts all of them. */
export const AUDIT_IDS = 100;

/** What was done, but for who did it and why. */
export interface AuditAct {
  readonly type: AuditType;
  readonly action: string;
  /** The empty tenant's chain where left out. */
  readonly tenant?: string | undefined;
  readonly resourceType: AuditResource;
  readonly resourceId?: string | undefined;
  readonly details?: JsonObject | undefined;
  readonly before?: JsonObject | undefined;
  readonly after?: JsonObject | undefined;
}

/** The entry of something somebody did; none where the note names nobody: then millrace did it, by its own rules. */
export function actEntries({ actor, reason }: ControlNote, act: AuditAct): readonly AuditEntry[] {
  if (actor === undefined) return [];
  return [
    {
      ...actorFields(actor),
      type: act.type,
      action: act.action,
      tenant: act.tenant ?? "",
      resourceType: act.resourceType,
      resourceId: act.resourceId ?? null,
      details: act.details ?? {},
      before: act.before ?? null,
      after: act.after ?? null,
      reason: reason ?? null,
    },
  ];
}

/** The entry of something that happened. */
export function systemEntry(act: AuditAct): AuditEntry {
  const [entry] = actEntries({ actor: SYSTEM_ACTOR }, act);
  return entry as AuditEntry; // a note with an actor has one
}

/** A job that a call changed. */
export interface AuditedJob {
  readonly id: string;
  readonly tenant: string;
}

/** What was done to jobs. */
export interface JobAct extends Pick<AuditAct, "type" | "action" | "details"> {
  readonly jobs: readonly AuditedJob[];
}

/** The entries of something somebody did to jobs: one for each tenant, with the first ids and how many they are. */
export function jobEntries(note: ControlNote, { jobs, ...act }: JobAct): readonly AuditEntry[] {
  return listedEntries(note, { ...act, resourceType: "job" }, jobs);
}

/** A run that a call removed. */
export interface AuditedRun {
  readonly id: string;
  readonly tenant: string;
}

/** What was done to runs. */
export interface RunAct extends Pick<AuditAct, "type" | "action" | "details"> {
  readonly runs: readonly AuditedRun[];
}

/** The same of something somebody did to runs. */
export function runEntries(note: ControlNote, { runs, ...act }: RunAct): readonly AuditEntry[] {
  return listedEntries(note, { ...act, resourceType: "run" }, runs);
}

function listedEntries(
  note: ControlNote,
  { details, ...act }: Pick<AuditAct, "type" | "action" | "details" | "resourceType">,
  all: readonly AuditedJob[] | readonly AuditedRun[],
): readonly AuditEntry[] {
  if (note.actor === undefined) return [];
  return [...byTenant(all)].flatMap(([tenant, ids]) =>
    actEntries(note, {
      ...act,
      tenant,
      resourceId: ids.length === 1 ? ids[0] : undefined,
      details: { ...details, count: ids.length, ids: ids.slice(0, AUDIT_IDS) },
    }),
  );
}

/** What the entry of jobs that were given another class tells of it; no history of theirs has who said so. */
export function reprioritisedDetails(priority: Priority, { by }: ControlNote): JsonObject {
  return by === undefined ? { priority } : { priority, by };
}

/** Ids by tenant, both in order: every store writes the same. */
function byTenant(
  all: readonly AuditedJob[] | readonly AuditedRun[],
): ReadonlyMap<string, readonly string[]> {
  const tenants = new Map<string, string[]>();
  for (const { id, tenant } of all) {
    const ids = tenants.get(tenant);
    if (ids === undefined) tenants.set(tenant, [id]);
    else ids.push(id);
  }
  for (const ids of tenants.values()) ids.sort();
  return new Map([...tenants].sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Why jobs went to dead: their last attempt, their holders, or their children. */
export type DeathCause = "failed" | "crashed" | "children-failed";

/** The entries of jobs that went to dead in one call: one for each tenant. */
export function deathEntries(jobs: readonly AuditedJob[], cause: DeathCause): readonly AuditEntry[] {
  if (jobs.length === 0) return [];
  const action = { failed: "settle", crashed: "rescue", "children-failed": "wake" }[cause];
  return jobEntries({ actor: SYSTEM_ACTOR }, { type: "job.dead", action, jobs, details: { cause } });
}

/** A run's move from one state to another. */
export interface AuditedMove {
  readonly run: RunId;
  readonly tenant: string;
  readonly definition: string;
  readonly coordinator: JobId;
  readonly from: RunState;
  readonly to: RunState;
  readonly note?: ControlNote | undefined;
}

/** The entries of a run's move: of one that somebody made, and of every failure. */
export function moveEntries(move: AuditedMove): readonly AuditEntry[] {
  const { note = {}, to } = move;
  const act: AuditAct = {
    type: to === "failed" ? "run.failed" : "run.moved",
    action: "moveRun",
    tenant: move.tenant,
    resourceType: "run",
    resourceId: move.run,
    details: { coordinator: move.coordinator, definition: move.definition },
    before: { state: move.from },
    after: { state: to },
  };
  if (note.actor === undefined && to === "failed") return [systemEntry(act)];
  return actEntries(note, act);
}

/** Whether a move may leave an entry. */
export function isAuditedMove({ to, note }: Pick<AuditedMove, "to" | "note">): boolean {
  return to === "failed" || note?.actor !== undefined;
}
