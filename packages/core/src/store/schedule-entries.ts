/** What the audit keeps of what people do to schedules. */
import { createHash } from "node:crypto";
import type { AuditEntry, JsonObject } from "../model/audit.ts";
import { actEntries } from "../model/audit-entry.ts";
import type { ControlNote } from "../model/control-note.ts";
import { type FireOutcome, isNewFire } from "../model/fire-verdict.ts";
import { decodeSchedule, type ScheduleDefinition } from "../model/schedule.ts";
import type { ScheduleFire, ScheduleRow } from "./schedule-store.ts";

/** What a schedule was told, and whose chain tells of it. */
export type AuditedSchedule = Pick<ScheduleRow, "id" | "tenant" | "definition" | "revision">;

/** The entry of a schedule that is new or changed; one in each tenant's chain where it went from one to another. */
export function scheduleSetEntries(
  note: ControlNote,
  { before, after }: { readonly before: AuditedSchedule | undefined; readonly after: AuditedSchedule },
): readonly AuditEntry[] {
  const entries = (tenant: string, was?: AuditedSchedule, is?: AuditedSchedule) =>
    actEntries(note, {
      ...{ type: "schedule.set", action: "setSchedule" },
      ...{ tenant, resourceType: "schedule", resourceId: after.id },
      before: was && shown(was),
      after: is && shown(is),
    });
  if (before === undefined || before.tenant === after.tenant) return entries(after.tenant, before, after);
  return [...entries(before.tenant, before), ...entries(after.tenant, undefined, after)];
}

/** The entry of a schedule that was forgotten. */
export function scheduleRemovedEntries(note: ControlNote, before: AuditedSchedule): readonly AuditEntry[] {
  return actEntries(note, {
    ...{ type: "schedule.removed", action: "removeSchedule" },
    ...{ tenant: before.tenant, resourceType: "schedule", resourceId: before.id },
    before: shown(before),
  });
}

/** The entry of a schedule that is held now, or no longer is. */
export function scheduleHeldEntries(
  note: ControlNote,
  { id, tenant, paused }: Pick<ScheduleRow, "id" | "tenant" | "paused">,
): readonly AuditEntry[] {
  return actEntries(note, {
    type: paused ? "schedule.paused" : "schedule.resumed",
    action: paused ? "pauseSchedule" : "resumeSchedule",
    ...{ tenant, resourceType: "schedule", resourceId: id },
    before: { paused: !paused },
    after: { paused },
  });
}

/** A fire, the schedule as it was, and how the fire came out. */
export interface AuditedFire {
  readonly row: Pick<ScheduleRow, "id" | "tenant" | "recent">;
  readonly due: ScheduleFire["due"];
  readonly outcome: FireOutcome;
}

/** The entries of fires by hand; none of one that made no job, or was sent again. */
export function fireEntries(note: ControlNote, fires: readonly AuditedFire[]): readonly AuditEntry[] {
  return fires.flatMap(({ row, due, outcome }) => {
    if (due !== "manual" || outcome?.outcome !== "fired" || !isNewFire(row.recent, outcome)) return [];
    return actEntries(note, {
      ...{ type: "schedule.fired", action: "fireSchedules" },
      ...{ tenant: row.tenant, resourceType: "schedule", resourceId: row.id },
      details: { job: outcome.job, ...(outcome.run !== undefined && { run: outcome.run }) },
    });
  });
}

/** A definition as records show it: its digest, and all of it that can be read here but for inputs. */
function shown({ revision, definition }: AuditedSchedule): JsonObject {
  const digest = createHash("sha256").update(definition).digest("hex");
  return { revision, digest, ...termsOf(definition) };
}

/** Nothing where the text is of a version that this one cannot read: the digest tells it from others all the same. */
function termsOf(definition: string): JsonObject {
  try {
    const { timing, misfire, overlap, target } = decodeSchedule(definition);
    return { timing: { ...timing }, misfire: { ...misfire }, overlap, ...targetShown(target) };
  } catch {
    return {};
  }
}

function targetShown(target: ScheduleDefinition["target"]): JsonObject {
  if (target.kind === "job") {
    const { name, queue, priority } = target;
    return { job: { name, queue, priority } };
  }
  const { definition, instance, queue, priority } = target.run;
  return { run: { definition, instance, queue, priority } };
}
