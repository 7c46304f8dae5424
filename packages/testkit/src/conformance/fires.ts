/** Rules of fires: made once, and recorded. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, HOUR_MS, newJob } from "./builders.ts";
import { fire, fireAgain, fireOf } from "./fire-words.ts";
import { type Rule, rulesOn } from "./rule.ts";
import { nowOf, scheduleRow, setSchedule } from "./schedules.ts";

/** What fires do. */
export function fireRules(home: TestHome): void {
  describe("fires", () => {
    const rule = rulesOn(home);
    describe("made once", () => onceRules(rule));
    describe("records", () => recordRules(rule));
  });
}

function onceRules(rule: Rule): void {
  rule("the job, the next time and the record come together", async (scene) => {
    const row = await setSchedule(scene);
    const job = newJob({ tenant: "acme", envelope: '0{"payload":7}' });
    const atMs = await nowOf(scene);
    const asked = { ...fireOf(row), fire: { fireMs: atMs, job } };
    expect(await scene.store.fireSchedules([asked])).toEqual([{ result: "fired", job: job.id }]);
    expect(await scene.row(job.id)).toMatchObject({ tenant: "acme", envelope: job.envelope, state: "ready" });
    expect(await scheduleRow(scene)).toEqual({
      ...row,
      nextMs: atMs + HOUR_MS,
      lastMs: atMs,
      jobs: [job.id],
      recent: [{ fireMs: atMs, atMs, outcome: "fired", job: job.id }],
    });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("sent again, it is stale and adds nothing", async (scene) => {
    const asked = fireOf(await setSchedule(scene));
    await scene.store.fireSchedules([asked]);
    const after = await scheduleRow(scene);
    expect(await scene.store.fireSchedules([asked])).toEqual([{ result: "stale" }]);
    expect(await scheduleRow(scene)).toEqual(after);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("of many callers one makes it", async (scene) => {
    const row = await setSchedule(scene);
    const calls = Array.from({ length: 8 }, () => fire(scene, row));
    const results = (await Promise.all(calls)).map((answer) => answer?.result);
    expect(results.filter((result) => result === "fired")).toHaveLength(1);
    expect(results.filter((result) => result === "stale")).toHaveLength(7);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
    expect((await scheduleRow(scene)).recent).toHaveLength(1);
  });

  rule("what has been changed, paused, removed or made anew since it was read is stale", async (scene) => {
    const { store } = scene;
    const row = await setSchedule(scene);
    await store.setSchedule({ ...row, definition: "0two" });
    expect(await fire(scene, row)).toEqual({ result: "stale" });
    const changed = await scheduleRow(scene);
    await store.pauseSchedule(row.id);
    expect(await fire(scene, changed)).toEqual({ result: "stale" });
    await store.resumeSchedule(changed, (changed.nextMs ?? 0) + 1);
    expect(await fire(scene, changed)).toEqual({ result: "stale" });
    await store.removeSchedule(row.id);
    expect(await fire(scene, changed)).toEqual({ result: "stale" });
    await scene.advance(1);
    await setSchedule(scene, { nextMs: row.nextMs });
    expect(await fire(scene, row)).toEqual({ result: "stale" });
    expect(await scene.ids({})).toEqual([]);
  });

  rule("a job that is known counts as fired, and is not run again when it has ended", async (scene) => {
    const job = await scene.hold();
    await scene.settle(job, COMPLETED);
    const row = await setSchedule(scene);
    expect(await fire(scene, row, { job: { id: job.id } })).toEqual({ result: "fired", job: job.id });
    expect(await scene.queueCounts()).toEqual({ completed: 1 });
    expect(await scheduleRow(scene)).toMatchObject({ lastMs: row.nextMs, jobs: [job.id] });
  });

  rule("each of a call is answered in its place, and none keeps another from its own", async (scene) => {
    const [a, b, c] = [
      await setSchedule(scene, { id: "a" }),
      await setSchedule(scene, { id: "b" }),
      await setSchedule(scene, { id: "c" }),
    ];
    const fires = [c, b, a].map((row) => fireOf(row));
    await scene.store.pauseSchedule("b");
    const answers = await scene.store.fireSchedules(fires);
    expect(answers).toEqual([
      { result: "fired", job: fires[0]?.fire?.job.id },
      { result: "stale" },
      { result: "fired", job: fires[2]?.fire?.job.id },
    ]);
    expect(await scene.store.fireSchedules([])).toEqual([]);
  });

  rule(
    "two fires of one schedule in one call are misuse, and so are jobs no store can keep",
    async (scene) => {
      const row = await setSchedule(scene);
      const call = scene.store.fireSchedules([fireOf(row), fireOf(row)]);
      await expect(call).rejects.toMatchObject({ code: "bad-usage" });
      await expect(fire(scene, row, { job: { queue: "a\0" } })).rejects.toMatchObject({ code: "bad-input" });
      await expect(fire(scene, row, { nextMs: Number.NaN })).rejects.toMatchObject({ code: "bad-input" });
      expect(await scheduleRow(scene)).toEqual(row);
    },
  );
}

function recordRules(rule: Rule): void {
  rule("missed fires alone move the schedule on, and say so", async (scene) => {
    const row = await setSchedule(scene);
    const now = await nowOf(scene);
    const missed = { fromMs: now, beforeMs: now + 1 };
    expect(await fire(scene, row, { makes: false, missed })).toEqual({ result: "missed" });
    expect(await scheduleRow(scene)).toEqual({
      ...row,
      nextMs: now + HOUR_MS,
      recent: [{ fireMs: now, beforeMs: now + 1, atMs: now, outcome: "skipped", reason: "missed" }],
    });
  });

  rule("the twenty newest are kept, newest first, and one that fires never again stays", async (scene) => {
    const { nextMs: start = 0 } = await setSchedule(scene);
    for (let made = 0; made < 11; made += 1) {
      const row = await scheduleRow(scene);
      const at = row.nextMs ?? 0;
      await fire(scene, row, {
        missed: { fromMs: at - 1, beforeMs: at },
        nextMs: made < 10 ? at + 10 : undefined,
      });
    }
    const { recent, nextMs } = await scheduleRow(scene);
    expect(recent.map(({ fireMs, outcome }) => [fireMs - start, outcome])).toEqual(
      Array.from({ length: 10 }, (_, index) => [
        [100 - index * 10, "fired"],
        [99 - index * 10, "skipped"],
      ]).flat(),
    );
    expect(nextMs).toBeUndefined();
  });

  rule("the jobs that had ended at its last fire are forgotten", async (scene) => {
    await setSchedule(scene);
    await fire(scene, await scheduleRow(scene));
    const first = await scene.claimOne();
    await fireAgain(scene, "allow");
    expect((await scheduleRow(scene)).jobs).toHaveLength(2);
    await scene.settle(first, COMPLETED);
    expect((await scheduleRow(scene)).jobs).toContain(first.id);
    await fireAgain(scene, "allow");
    const { jobs } = await scheduleRow(scene);
    expect(jobs).toHaveLength(2);
    expect(jobs).not.toContain(first.id);
  });

  rule("a queue without room is a reason", async (scene) => {
    const row = await setSchedule(scene);
    await scene.store.configureQueue("work", { capacity: 0 });
    const fireMs = row.nextMs ?? 0;
    expect(await fire(scene, row)).toEqual({ result: "skipped", reason: "queue-full" });
    expect(await scheduleRow(scene)).toEqual({
      ...row,
      nextMs: fireMs + HOUR_MS,
      recent: [{ fireMs, atMs: fireMs, outcome: "skipped", reason: "queue-full" }],
    });
    expect(await scene.queueCounts()).toEqual({ refused: 1 });
  });
}
