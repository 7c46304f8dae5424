/** What the audit keeps: a record's fields, its canonical text, and the hash that chains it to the one before. */
import { createHash } from "node:crypto";
import type { Actor, ActorKind } from "./actor.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Json } from "./json.ts";

/** What was done, or what happened. */
export const AUDIT_TYPES = [
  "job.cancelled",
  "job.retried",
  "job.reprioritised",
  "job.deleted",
  "job.cleaned-up",
  "job.dead",
  "queue.configured",
  "limit.held",
  "limit.released",
  "schedule.set",
  "schedule.removed",
  "schedule.paused",
  "schedule.resumed",
  "schedule.fired",
  "operation.started",
  "operation.aborted",
  "run.moved",
  "run.failed",
  "run.removed",
  "run.cleaned-up",
  "store.migrated",
  "store.lock-taken-over",
  "audit.pruned",
] as const;
export type AuditType = (typeof AUDIT_TYPES)[number];

/** What an action was done to. */
export type AuditResource = "job" | "queue" | "limit" | "schedule" | "operation" | "run" | "store" | "audit";

/** JSON of an object. */
export type JsonObject = Readonly<Record<string, Json>>;

/** A record but for its time, which is the store's to say. What is not known is `null`. */
export interface AuditEntry {
  readonly type: AuditType;
  /** The verb of the store that did it. */
  readonly action: string;
  readonly actor: { readonly kind: ActorKind; readonly id: string };
  readonly role: string | null;
  /** Whose chain it is in; the empty one also for what belongs to no tenant: queues, runs of none, the schema. */
  readonly tenant: string;
  readonly resourceType: AuditResource;
  /** `null` where it was done to several. */
  readonly resourceId: string | null;
  readonly details: JsonObject;
  /** What changed, as it was and as it is. */
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  readonly reason: string | null;
}

/** An entry at its time, in ms since the epoch on the store's clock. */
export interface AuditRecord extends AuditEntry {
  readonly at: number;
}

/** The fields of a canonical text that sort before `at`, and those after it; RFC 8785 orders keys by code unit. */
const BEFORE_AT = ["action", "actor", "after"] as const;
const AFTER_AT = [
  "before",
  "details",
  "reason",
  "resourceId",
  "resourceType",
  "role",
  "tenant",
  "type",
] as const;

/**
 * The canonical text of an entry in two halves, between which the store puts the ms of its clock: all twelve fields,
 * always, in the form of RFC 8785.
 */
export function auditHalves(entry: AuditEntry): readonly [head: string, tail: string] {
  const member = (field: keyof AuditEntry) => `"${field}":${canonicalJson(entry[field])}`;
  return [`{${BEFORE_AT.map(member).join(",")},"at":`, `,${AFTER_AT.map(member).join(",")}}`];
}

/** The canonical text, which is what is hashed. */
export function auditText({ at, ...entry }: AuditRecord): string {
  const [head, tail] = auditHalves(entry);
  return `${head}${at}${tail}`;
}

/** The record that a canonical text holds; `undefined` where it is none, or not canonical: somebody has written it. */
export function readAuditText(text: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(text) as AuditRecord; // its shape is proven by the text that it makes
    return auditText(record) === text ? record : undefined;
  } catch {
    return undefined;
  }
}

/** What the first record of a chain is chained to: 32 bytes of zero, in hex. */
export const CHAIN_START: string = "0".repeat(64);

/** The hash of a record: SHA-256 over the 32 bytes of the one before and the UTF-8 bytes of the text; in hex. */
export function chainHash(previous: string, text: string): string {
  return createHash("sha256").update(Buffer.from(previous, "hex")).update(text, "utf8").digest("hex");
}

/** Who acts, as records name it. */
export function actorFields({ kind, id, role }: Actor): Pick<AuditEntry, "actor" | "role"> {
  return { actor: { kind, id }, role: role ?? null };
}
