/** What the audit keeps of people who hold limits and let them go. */
import type { AuditEntry, JsonObject } from "../model/audit.ts";
import { actEntries } from "../model/audit-entry.ts";
import type { ControlNote } from "../model/control-note.ts";
import type { LimitHold } from "../model/limit.ts";

/** A limit before a call, and after it. */
export interface HeldLimit {
  readonly key: string;
  readonly before: LimitHold | undefined;
  readonly after: LimitHold | undefined;
}

/** The entries of a call: one for each limit that is held otherwise than before. */
export function limitEntries(note: ControlNote, limits: readonly HeldLimit[]): readonly AuditEntry[] {
  return limits.flatMap(({ key, before, after }) => {
    if (before?.untilMs === after?.untilMs) return [];
    return actEntries(note, {
      type: after === undefined ? "limit.released" : "limit.held",
      action: "hold",
      resourceType: "limit",
      resourceId: key,
      before: shown(before),
      after: shown(after),
    });
  });
}

function shown(hold: LimitHold | undefined): JsonObject | undefined {
  if (hold === undefined) return undefined;
  const { untilMs, reason = null, by = null } = hold;
  return { untilMs, reason, by };
}
