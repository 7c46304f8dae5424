/** What the audit keeps of a change to a queue's settings. */
import type { AuditEntry, JsonObject } from "../model/audit.ts";
import { actEntries } from "../model/audit-entry.ts";
import { canonicalJson } from "../model/canonical-json.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { QueueSetting } from "./queue-store.ts";

/** The entry of a change; none where nothing is different from before. */
export function queueEntries(
  note: ControlNote,
  { before, after }: { readonly before: QueueSetting; readonly after: QueueSetting },
): readonly AuditEntry[] {
  const [was, is] = [shown(before), shown(after)];
  if (canonicalJson(was) === canonicalJson(is)) return [];
  return actEntries(note, {
    type: "queue.configured",
    action: "configureQueue",
    resourceType: "queue",
    resourceId: after.queue,
    before: was,
    after: is,
  });
}

/** A setting as records show it: what it says, whether or not anything is set. */
function shown({ paused, capacity, capacities, source }: QueueSetting): JsonObject {
  const limits = { paused, capacity: capacity ?? null, capacities: { ...capacities } };
  return source === undefined ? limits : { ...limits, source };
}
