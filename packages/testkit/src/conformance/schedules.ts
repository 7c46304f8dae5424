/** Rules of schedules: setting them, which are due, and what people do to them. */
import type { NewSchedule, ScheduleRow } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** A schedule due now, but for what is given. */
export async function setSchedule(scene: Scene, given: Partial<NewSchedule> = {}): Promise<ScheduleRow> {
  const nextMs = await nowOf(scene);
  const schedule = { id: "nightly", tenant: "", definition: "0one", nextMs, ...given };
  await scene.store.setSchedule(schedule);
  return scheduleRow(scene, schedule.id);
}

/** The store's clock. */
export async function nowOf({ store }: Scene): Promise<number> {
  return (await store.dueSchedules({ limit: 0 })).nowMs;
}

/** The schedule as it is listed; it must be there. */
export async function scheduleRow({ store }: Scene, id = "nightly"): Promise<ScheduleRow> {
  const [row] = (await store.findSchedules({ ids: [id] }, { limit: 1 })).rows;
  if (row === undefined) throw new Error(`schedule ${id} is not listed`);
  return row;
}

/** What is said and asked of schedules, but for their fires. */
export function scheduleRules(home: TestHome): void {
  describe("schedules", () => {
    const rule = rulesOn(home);
    describe("setting", () => settingRules(rule));
    describe("listing", () => listingRules(rule));
    describe("due", () => dueRules(rule));
    describe("pausing", () => pausingRules(rule));
  });
}

function settingRules(rule: Rule): void {
  rule("a new one is as it was set, with nothing behind it", async (scene) => {
    const now = await nowOf(scene);
    const schedule = { id: "nightly", tenant: "acme", definition: '0{"é":"\\u0000"}', nextMs: now + 5 };
    expect(await scene.store.setSchedule(schedule)).toBe("created");
    const fresh = { revision: 1, paused: false, createdAtMs: now, changedAtMs: now, jobs: [], recent: [] };
    expect(await scheduleRow(scene)).toEqual({ ...schedule, ...fresh });
  });

  rule("an unchanged one keeps its times, whatever the call says", async (scene) => {
    const before = await setSchedule(scene);
    await scene.advance(1_000);
    const again = {
      id: before.id,
      tenant: "",
      definition: before.definition,
      nextMs: before.createdAtMs + 9,
    };
    expect(await scene.store.setSchedule(again)).toBe("unchanged");
    expect(await scheduleRow(scene)).toEqual(before);
  });

  rule("a changed one fires as the call says, under the next revision, and stays paused", async (scene) => {
    const before = await setSchedule(scene);
    await scene.store.pauseSchedule(before.id);
    await scene.advance(1_000);
    const changed = { id: before.id, tenant: "acme", definition: "0two" };
    expect(await scene.store.setSchedule(changed)).toBe("changed");
    const { nextMs: _, ...rest } = before;
    const changedAtMs = before.changedAtMs + 1_000;
    expect(await scheduleRow(scene)).toEqual({ ...rest, ...changed, paused: true, revision: 2, changedAtMs });
  });

  rule("one that was removed begins anew", async (scene) => {
    const before = await setSchedule(scene);
    await scene.store.setSchedule({ ...before, definition: "0two" });
    expect(await scene.store.removeSchedule(before.id)).toBe("removed");
    expect(await scene.store.removeSchedule(before.id)).toBe("not-found");
    expect((await scene.store.findSchedules({}, { limit: 10 })).rows).toEqual([]);
    await scene.advance(1);
    expect(await setSchedule(scene)).toMatchObject({ revision: 1, createdAtMs: before.createdAtMs + 1 });
  });

  rule("of many calls at the same time one makes it", async (scene) => {
    const schedule = { id: "nightly", tenant: "", definition: "0one" };
    const answers = await Promise.all(Array.from({ length: 8 }, () => scene.store.setSchedule(schedule)));
    expect(answers.filter((answer) => answer === "created")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "unchanged")).toHaveLength(7);
  });

  rule("what no store can keep is refused", async ({ store }) => {
    const schedule = { id: "nightly", tenant: "", definition: "0one" };
    for (const bad of [{ id: "a\0" }, { tenant: "\ud800" }, { definition: "0\0" }, { nextMs: 1.5 }]) {
      await expect(store.setSchedule({ ...schedule, ...bad })).rejects.toMatchObject({ code: "bad-input" });
    }
    for (const call of [store.removeSchedule, store.pauseSchedule]) {
      await expect(call("a\0")).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await store.findSchedules({}, { limit: 10 })).rows).toEqual([]);
  });
}

function listingRules(rule: Rule): void {
  const IDS = ["Mail", "mail", "～", "😀"];

  rule("by id, in the order of its bytes, page by page", async (scene) => {
    for (const id of IDS.toReversed()) await setSchedule(scene, { id });
    const first = await scene.store.findSchedules({}, { limit: 3 });
    expect(first.rows.map(({ id }) => id)).toEqual(IDS.slice(0, 3));
    const second = await scene.store.findSchedules({}, { limit: 3, after: first.next });
    expect(second.rows.map(({ id }) => id)).toEqual(IDS.slice(3));
    expect(second.next).toBeUndefined();
  });

  rule("those of some ids, and of a tenant", async (scene) => {
    for (const id of IDS) await setSchedule(scene, { id, tenant: id === "mail" ? "acme" : "" });
    const found = async (filter: Parameters<typeof scene.store.findSchedules>[0]) =>
      (await scene.store.findSchedules(filter, { limit: 10 })).rows.map(({ id }) => id);
    expect(await found({ ids: ["😀", "mail", "no such one"] })).toEqual(["mail", "😀"]);
    expect(await found({ tenant: "acme" })).toEqual(["mail"]);
    expect(await found({ tenant: "" })).toEqual(["Mail", "～", "😀"]);
    expect(await found({ tenant: "", ids: ["mail"] })).toEqual([]);
  });
}

function dueRules(rule: Rule): void {
  rule("earliest first, then by id, and when the next one is", async (scene) => {
    const now = await nowOf(scene);
    await setSchedule(scene, { id: "a", nextMs: now });
    await setSchedule(scene, { id: "c", nextMs: now - 1 });
    await setSchedule(scene, { id: "b", nextMs: now - 1 });
    await setSchedule(scene, { id: "never", nextMs: undefined });
    await setSchedule(scene, { id: "last", nextMs: now + 2 });
    await setSchedule(scene, { id: "later", nextMs: now + 1 });
    const due = await scene.store.dueSchedules({ limit: 10 });
    expect(due.rows.map(({ id }) => id)).toEqual(["b", "c", "a"]);
    expect(due).toMatchObject({ nowMs: now, nextMs: now + 1 });
    expect((await scene.store.dueSchedules({ limit: 2 })).rows.map(({ id }) => id)).toEqual(["b", "c"]);
    expect(await scene.store.dueSchedules({ limit: 0 })).toEqual({ nowMs: now, nextMs: now + 1, rows: [] });
    await scene.advance(1);
    expect((await scene.store.dueSchedules({ limit: 10 })).rows.map(({ id }) => id)).toEqual([
      "b",
      "c",
      "a",
      "later",
    ]);
  });

  rule("where there is none, the time alone", async (scene) => {
    expect(await scene.store.dueSchedules({ limit: 10 })).toEqual({ nowMs: await nowOf(scene), rows: [] });
  });
}

function pausingRules(rule: Rule): void {
  rule("a paused one is never due; resumed, it is due when the call says", async (scene) => {
    const { store } = scene;
    const row = await setSchedule(scene);
    expect(await store.pauseSchedule(row.id)).toBe("paused");
    expect(await store.pauseSchedule(row.id)).toBe("paused");
    await scene.advance(10_000);
    expect(await store.dueSchedules({ limit: 10 })).toMatchObject({ rows: [] });
    expect(await scheduleRow(scene)).toEqual({ ...row, paused: true });
    const nextMs = row.createdAtMs + 10_001;
    expect(await store.resumeSchedule(row, nextMs)).toBe("resumed");
    expect(await scheduleRow(scene)).toEqual({ ...row, nextMs });
    expect(await store.resumeSchedule(row, nextMs + 1)).toBe("not-paused");
    expect(await store.dueSchedules({ limit: 10 })).toMatchObject({ rows: [], nextMs });
  });

  rule("who has read another revision resumes nothing", async (scene) => {
    const { store } = scene;
    const row = await setSchedule(scene);
    await store.pauseSchedule(row.id);
    await store.setSchedule({ ...row, definition: "0two" });
    expect(await store.resumeSchedule(row, 1)).toBe("stale");
    expect(await store.resumeSchedule({ ...row, revision: 2, createdAtMs: 1 }, 1)).toBe("stale");
    expect(await scheduleRow(scene)).toMatchObject({ paused: true, nextMs: row.nextMs });
    expect(await store.resumeSchedule({ ...row, id: "none" }, 1)).toBe("stale");
    expect(await store.pauseSchedule("none")).toBe("not-found");
  });
}
