/** Records as the reference model writes them. */
import type { AuditRecord, ControlNote } from "@millrace/core";
import type { ModelState } from "./state.ts";

/** What a record says but for what is the same in most. */
type Said = Pick<AuditRecord, "type" | "action" | "resourceType"> & Partial<AuditRecord>;

/** A record of what millrace did by itself. */
export function record({ nowMs }: ModelState, said: Said): AuditRecord {
  const nothing = { resourceId: null, details: {}, before: null, after: null, reason: null, role: null };
  return { ...nothing, tenant: "", actor: { kind: "system", id: "millrace" }, at: nowMs, ...said };
}

/** A record of what somebody did; none where the note names nobody. */
export function by(state: ModelState, { actor, reason }: ControlNote, said: Said): readonly AuditRecord[] {
  if (actor === undefined) return [];
  const { kind, id, role } = actor;
  return [record(state, { ...said, actor: { kind, id }, role: role ?? null, reason: reason ?? null })];
}
