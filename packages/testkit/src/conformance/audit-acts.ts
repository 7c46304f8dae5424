/** Rules of what the audit keeps of what people do to schedules and operations. */
import { createHash } from "node:crypto";
import {
  type Actor,
  type ControlNote,
  encodeSchedule,
  type JobId,
  type NewOperation,
  newId,
  type OperationId,
  type ScheduleDefinition,
  type ScheduleFire,
  type ScheduleRow,
} from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { LEASE_MS, newJob, nextId } from "./builders.ts";
import { die } from "./dead.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { scheduleRow, setSchedule } from "./schedules.ts";

const ANN: Actor = { kind: "user", id: "ann", role: "operator" };
const NOTE: ControlNote = { actor: ANN, reason: "month's end" };
const BY_ANN = { actor: { kind: "user", id: "ann" }, role: "operator", reason: "month's end" };
const OF = { ...BY_ANN, resourceType: "schedule", resourceId: "nightly", tenant: "" };

/** Which calls leave a record, and what it says. */
export function auditActRules(home: TestHome): void {
  describe("audit records", () => {
    const rule = rulesOn(home);
    describe("of schedules", () => scheduleRules(rule));
    describe("of fires by hand", () => fireRules(rule));
    describe("of operations", () => operationRules(rule));
  });
}

/** A definition that can be read, at so many ms of one another. */
function definitionOf(everyMs: number): string {
  const definition: ScheduleDefinition = {
    timing: { kind: "interval", everyMs, anchorMs: 0 },
    misfire: { kind: "fire-once" },
    overlap: "skip",
    target: {
      ...{ kind: "job", queue: "mail", name: "send", tenant: "", priority: "high", maxRescues: 3 },
      ...{ payload: '{"password":"secret"}', rest: {} },
    } as ScheduleDefinition["target"], // an envelope's rest is no store's business
  };
  return encodeSchedule(definition);
}

/** What records show of it. */
function shown(everyMs: number, revision: number): object {
  return {
    revision,
    digest: digestOf(definitionOf(everyMs)),
    timing: { kind: "interval", everyMs, anchorMs: 0 },
    misfire: { kind: "fire-once" },
    overlap: "skip",
    job: { name: "send", queue: "mail", priority: "high" },
  };
}

function digestOf(definition: string): string {
  return createHash("sha256").update(definition).digest("hex");
}

function setBy(scene: Scene, definition: string, given: { note?: ControlNote; tenant?: string } = {}) {
  const { note = NOTE, tenant = "" } = given;
  return scene.store.setSchedule({ id: "nightly", tenant, definition }, note);
}

function scheduleRules(rule: Rule): void {
  rule("one that is made and changed: as it was and as it is, but for its job's input", async (scene) => {
    await setBy(scene, definitionOf(1_000));
    await setBy(scene, definitionOf(2_000));
    const of = { ...OF, type: "schedule.set", action: "setSchedule", details: {} };
    const records = await recordsOf(scene);
    expect(records).toMatchObject([
      { ...of, before: null, after: shown(1_000, 1) },
      { ...of, before: shown(1_000, 1), after: shown(2_000, 2) },
    ]);
    expect(JSON.stringify(records)).not.toContain("secret");
  });

  rule("of a definition that cannot be read here, the digest tells it from others", async (scene) => {
    await setBy(scene, "9{");
    expect(await recordsOf(scene)).toMatchObject([{ after: { revision: 1, digest: digestOf("9{") } }]);
  });

  rule(
    "one that goes to another tenant leaves one with each, and nothing of the other's in it",
    async (scene) => {
      await setBy(scene, definitionOf(1_000), { tenant: "acme" });
      await setBy(scene, definitionOf(2_000), { tenant: "zenith" });
      const records = await recordsOf(scene);
      expect(records.filter(({ tenant }) => tenant === "acme")).toMatchObject([
        { before: null, after: shown(1_000, 1) },
        { before: shown(1_000, 1), after: null },
      ]);
      expect(records.filter(({ tenant }) => tenant === "zenith")).toMatchObject([
        { before: null, after: shown(2_000, 2) },
      ]);
    },
  );

  rule("one that is paused, resumed and forgotten, in its tenant's chain", async (scene) => {
    const row = await setSchedule(scene, { tenant: "acme", definition: definitionOf(1_000) });
    await scene.store.pauseSchedule("nightly", NOTE);
    await scene.store.resumeSchedule(row, undefined, NOTE);
    await scene.store.removeSchedule("nightly", NOTE);
    const of = { ...OF, tenant: "acme" };
    const [free, held] = [{ paused: false }, { paused: true }];
    expect(await recordsOf(scene)).toMatchObject([
      { ...of, type: "schedule.paused", action: "pauseSchedule", before: free, after: held },
      { ...of, type: "schedule.resumed", action: "resumeSchedule", before: held, after: free },
      { ...of, type: "schedule.removed", action: "removeSchedule", before: shown(1_000, 1), after: null },
    ]);
  });

  rule("a call that changes nothing leaves none, nor one that names nobody", async (scene) => {
    const row = await setSchedule(scene);
    await setBy(scene, row.definition, { tenant: "acme" });
    await scene.store.resumeSchedule(row, undefined, NOTE);
    await scene.store.pauseSchedule("nightly");
    await scene.store.pauseSchedule("nightly", NOTE);
    await scene.store.resumeSchedule({ ...row, revision: 9 }, undefined, NOTE);
    await scene.store.resumeSchedule(row, undefined, { reason: "by the way", by: "bob" });
    await scene.store.removeSchedule("nightly");
    await scene.store.removeSchedule("nightly", NOTE);
    await scene.store.pauseSchedule("nightly", NOTE);
    expect(await recordsOf(scene)).toEqual([]);
  });

  rule("of two who set a new one at once, each says what was there before", async (scene) => {
    await Promise.all([setBy(scene, definitionOf(1_000)), setBy(scene, definitionOf(2_000))]);
    const [made, changed] = await recordsOf(scene);
    expect(made).toMatchObject({ before: null, after: { revision: 1 } });
    expect(changed).toMatchObject({ before: made?.after, after: { revision: 2 } });
  });

  rule("an actor that is none is refused, and nothing done", async (scene) => {
    const row = await setSchedule(scene);
    const bad = { actor: { kind: "boss", id: "" } } as unknown as ControlNote; // what a caller without types may say
    const { store } = scene;
    const refused = { code: "bad-config" };
    await expect(setBy(scene, "0two", { note: bad })).rejects.toMatchObject(refused);
    await expect(store.pauseSchedule("nightly", bad)).rejects.toMatchObject(refused);
    await expect(store.resumeSchedule(row, undefined, bad)).rejects.toMatchObject(refused);
    await expect(store.removeSchedule("nightly", bad)).rejects.toMatchObject(refused);
    await expect(store.fireSchedules([byHand(row)], bad)).rejects.toMatchObject(refused);
    expect(await scheduleRow(scene)).toEqual(row);
  });
}

function byHand(row: ScheduleRow, given: Partial<ScheduleFire> = {}): ScheduleFire {
  return { schedule: row, due: "manual", fire: { fireMs: 0, job: newJob() }, overlap: "skip", ...given };
}

function fireRules(rule: Rule): void {
  rule("one that made a job, once however often it is sent", async (scene) => {
    const fire = byHand(await setSchedule(scene, { tenant: "acme" }));
    await scene.store.fireSchedules([fire], NOTE);
    await scene.store.fireSchedules([{ ...fire, overlap: "allow" }], NOTE);
    const details = { job: fire.fire?.job.id };
    expect(await recordsOf(scene)).toMatchObject([
      { ...OF, tenant: "acme", type: "schedule.fired", action: "fireSchedules", details, before: null },
    ]);
  });

  rule("none of a fire that made no job, is stale, was due or names nobody", async (scene) => {
    const row = await setSchedule(scene);
    const { store } = scene;
    await store.fireSchedules([byHand(row)]);
    await store.fireSchedules([byHand(row)], NOTE); // the first one's job is live
    await store.fireSchedules([byHand({ ...row, revision: 9 })], NOTE);
    const due = { due: { at: row.nextMs ?? 0 }, overlap: "allow" } as const;
    expect(await store.fireSchedules([byHand(row, due)], NOTE)).toMatchObject([{ result: "fired" }]);
    expect(await recordsOf(scene)).toEqual([]);
  });
}

function newOperation(given: Partial<NewOperation> = {}): NewOperation {
  const filter: NewOperation["filter"] = { states: ["dead"], tenant: "acme" };
  return { id: newId<OperationId>(), action: "retry", filter, note: NOTE, ...given };
}

function operationRules(rule: Rule): void {
  rule("a start, once: the action and which jobs it is for", async (scene) => {
    const ids = Array.from({ length: 150 }, () => nextId<JobId>());
    const operation = newOperation({
      filter: { states: ["expired", "dead"], tenant: "acme", ids: ids.toReversed() },
      ...{ perSecond: 5, canary: { jobs: 1, minCompleted: 50 }, patch: '{"password":"secret"}' },
    });
    await scene.store.startOperation(operation);
    await scene.store.startOperation(operation);
    const filter = { states: ["dead", "expired"], tenant: "acme", count: 150, ids: ids.sort().slice(0, 100) };
    const records = await recordsOf(scene);
    expect(records).toMatchObject([
      {
        ...{ ...BY_ANN, type: "operation.started", action: "startOperation", tenant: "acme" },
        ...{ resourceType: "operation", resourceId: operation.id, before: null, after: null },
        details: {
          ...{
            action: "retry",
            perSecond: 5,
            canary: { jobs: 1, minCompleted: 50 },
            isPatched: true,
            filter,
          },
        },
      },
    ]);
    expect(JSON.stringify(records)).not.toContain("secret");
  });

  rule("an abort of one that was not over, in the chain of whose jobs it is for", async (scene) => {
    const operation = newOperation({ note: {} });
    await scene.store.startOperation(operation);
    await scene.store.abortOperation(operation.id, NOTE);
    await scene.store.abortOperation(operation.id, NOTE);
    await scene.store.abortOperation(newId<OperationId>(), NOTE);
    expect(await recordsOf(scene)).toMatchObject([
      {
        ...{ ...BY_ANN, type: "operation.aborted", action: "abortOperation", tenant: "acme" },
        ...{ resourceType: "operation", resourceId: operation.id, details: { action: "retry" } },
        ...{ before: { state: "running" }, after: { state: "aborted" } },
      },
    ]);
  });

  rule("none of what names nobody; what its pages do is their own", async (scene) => {
    const quiet = newOperation({ note: { reason: "by the way" } });
    await scene.store.startOperation(quiet);
    await scene.store.abortOperation(quiet.id, { by: "bob" });
    expect(await recordsOf(scene)).toEqual([]);
    const [job] = await die(scene, 1, { tenant: "acme" });
    const operation = newOperation();
    await scene.store.startOperation(operation);
    const turn = await scene.store.takeOperation({ leaseMs: LEASE_MS, limit: 10 });
    if (turn === undefined) throw new Error("no operation is due");
    await scene.store.advanceOperation({ ...turn, id: operation.id, turn: turn.operation.turn });
    expect((await recordsOf(scene)).map(({ type, resourceId }) => [type, resourceId])).toEqual([
      ["job.dead", job?.id],
      ["operation.started", operation.id],
      ["job.retried", job?.id],
    ]);
  });
}
