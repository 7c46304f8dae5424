/** What the audit keeps of operations as such; their pages leave the records of what they do. */

import type { AuditEntry, JsonObject } from "./audit.ts";
import { AUDIT_IDS, actEntries } from "./audit-entry.ts";
import type { ControlNote } from "./control-note.ts";
import type { Json } from "./json.ts";
import type { NewOperation, OperationFilter, OperationRow } from "./operation.ts";

/** The entry of an operation that somebody started. Of a patch it says only that there is one. */
export function operationStartedEntries(operation: NewOperation): readonly AuditEntry[] {
  const { id, action, filter, note, perSecond, canary, patch } = operation;
  return actEntries(note, {
    ...{ type: "operation.started", action: "startOperation" },
    ...{ tenant: filter.tenant, resourceType: "operation", resourceId: id },
    details: {
      action,
      filter: shown(filter),
      ...given({ perSecond, canary: canary && { ...canary } }),
      isPatched: patch !== undefined,
    },
  });
}

/** The entry of an operation that somebody ended before its time. */
export function operationAbortedEntries(
  note: ControlNote,
  { id, action, filter, state }: Pick<OperationRow, "id" | "action" | "filter" | "state">,
): readonly AuditEntry[] {
  return actEntries(note, {
    ...{ type: "operation.aborted", action: "abortOperation" },
    ...{ tenant: filter.tenant, resourceType: "operation", resourceId: id },
    details: { action },
    before: { state },
    after: { state: "aborted" },
  });
}

/** A filter as records show it: of ids the first ones in order, and how many they are. */
function shown({ ids, states, ...rest }: OperationFilter): JsonObject {
  const named = ids === undefined ? {} : { count: ids.length, ids: ids.toSorted().slice(0, AUDIT_IDS) };
  return { ...given(rest), states: [...states].sort(), ...named };
}

/** Without what was left out. */
function given(values: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
