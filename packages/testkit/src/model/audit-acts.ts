/** What the reference model's audit keeps of calls about schedules and operations. */
import { createHash } from "node:crypto";
import type { AuditRecord, FireAnswer, JobId, ScheduleRow } from "@millrace/core";
import { by } from "./audit-record.ts";
import type { Call } from "./call.ts";
import type { Answer, ModelState } from "./state.ts";

/** Of operations: a start and an abort, where there was something to start or to abort. */
export function operationActs(
  before: ModelState,
  answer: unknown,
  call: Extract<Call, { readonly verb: "startOperation" | "abortOperation" }>,
): readonly AuditRecord[] {
  if (call.verb === "startOperation") {
    const { id, action, filter, note, perSecond, canary, patch } = call.operation;
    const { ids, states, ...rest } = filter;
    const named = ids === undefined ? {} : { count: ids.length, ids: [...ids].sort().slice(0, 100) };
    const shown = plain({ ...rest, ...named, states: [...states].sort() });
    const terms = plain({ action, filter: shown, perSecond, canary, isPatched: patch !== undefined });
    if (answer !== "started") return [];
    const of = { tenant: filter.tenant ?? "", resourceType: "operation", resourceId: id } as const;
    return by(before, note, { ...of, type: "operation.started", action: call.verb, details: terms });
  }
  const row = before.operations.get(call.operation)?.row;
  if (row === undefined || answer !== "aborted") return [];
  return by(before, call.note, {
    ...{ type: "operation.aborted", action: call.verb, resourceType: "operation", resourceId: row.id },
    ...{ tenant: row.filter.tenant ?? "", details: { action: row.action } },
    ...{ before: { state: row.state }, after: { state: "aborted" } },
  });
}

/** As JSON has it: nothing of what is `undefined`. */
function plain(value: object): AuditRecord["details"] {
  return JSON.parse(JSON.stringify(value)) as AuditRecord["details"]; // just written
}

type ScheduleCall = Extract<
  Call,
  {
    readonly verb: "setSchedule" | "removeSchedule" | "pauseSchedule" | "resumeSchedule" | "fireSchedules";
  }
>;

/** Of schedules: what is different from before, and each job that a fire by hand has made. */
export function scheduleActs(
  before: ModelState,
  { state, answer }: Answer<unknown>,
  call: ScheduleCall,
): readonly AuditRecord[] {
  if (call.verb === "fireSchedules") return ofFires(before, answer as readonly FireAnswer[], call); // its answers
  const id = "id" in call ? call.id : call.schedule.id;
  const [was, is] = [before.schedules.get(id), state.schedules.get(id)];
  const tell: Tell = (type, tenant, said) =>
    by(before, call.note ?? {}, {
      ...{ type, action: call.verb, tenant, resourceType: "schedule", resourceId: id },
      ...said,
    });
  if (call.verb === "setSchedule") return is === undefined ? [] : ofSet(was, is, tell);
  if (was === undefined) return [];
  if (is === undefined) return tell("schedule.removed", was.tenant, { before: shown(was) });
  if (was.paused === is.paused) return [];
  const said = { before: { paused: was.paused }, after: { paused: is.paused } };
  return tell(is.paused ? "schedule.paused" : "schedule.resumed", is.tenant, said);
}

type Tell = (type: AuditRecord["type"], tenant: string, said: Partial<AuditRecord>) => readonly AuditRecord[];

/** Two where the schedule went from one tenant to another. */
function ofSet(was: ScheduleRow | undefined, is: ScheduleRow, tell: Tell): readonly AuditRecord[] {
  if (was?.revision === is.revision) return [];
  if (was === undefined) return tell("schedule.set", is.tenant, { after: shown(is) });
  if (was.tenant === is.tenant) {
    return tell("schedule.set", is.tenant, { before: shown(was), after: shown(is) });
  }
  const left = tell("schedule.set", was.tenant, { before: shown(was) });
  return [...left, ...tell("schedule.set", is.tenant, { after: shown(is) })];
}

/** Of a text that is no definition only its digest. */
function shown({ revision, definition }: ScheduleRow): AuditRecord["after"] {
  const digest = createHash("sha256").update(definition).digest("hex");
  if (!definition.includes('"target"')) return { revision, digest };
  const { timing, misfire, overlap, target } = JSON.parse(definition.slice(1));
  const said = { revision, digest, timing, misfire, overlap };
  if (target.kind === "job") {
    return { ...said, job: { name: target.name, queue: target.queue, priority: target.priority } };
  }
  const { definition: batch, instance, queue, priority } = target.run;
  return { ...said, run: { definition: batch, instance, queue, priority } };
}

function ofFires(
  before: ModelState,
  answers: readonly FireAnswer[],
  { fires, note = {} }: Extract<Call, { readonly verb: "fireSchedules" }>,
): readonly AuditRecord[] {
  return fires.flatMap(({ schedule: { id }, due }, index) => {
    const [row, answer] = [before.schedules.get(id), answers[index]];
    if (row === undefined || due !== "manual" || answer?.result !== "fired") return [];
    if (isRecorded(row, answer.job)) return [];
    const of = { tenant: row.tenant, resourceType: "schedule", resourceId: id } as const;
    const details = answer.run === undefined ? { job: answer.job } : { job: answer.job, run: answer.run };
    return by(before, note, { ...of, type: "schedule.fired", action: "fireSchedules", details });
  });
}

function isRecorded({ recent }: ScheduleRow, made: JobId): boolean {
  return recent.some(({ job, outcome }) => outcome === "fired" && job === made);
}
