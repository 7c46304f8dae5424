/** Rules of fires: each is made once, with its job, and what it does about jobs of earlier ones. */
import type { FireAnswer, JobId, NewJob, Overlap, ScheduleFire, ScheduleRow } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, newJob, newJobs, retry } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { nowOf, scheduleRow, setSchedule } from "./schedules.ts";

const HOUR_MS = 3_600_000;

/** What is given of a fire that is else made when due, of a job of its own, an hour before the next. */
type Given = Partial<Omit<ScheduleFire, "fire">> & {
  readonly job?: Partial<NewJob>;
  readonly makes?: boolean;
};

function fireOf(row: ScheduleRow, { job, makes = true, ...given }: Given = {}): ScheduleFire {
  const at = row.nextMs ?? 0;
  const fire = makes ? { fire: { fireMs: at, job: newJob(job) } } : {};
  return { schedule: row, due: { at }, overlap: "allow", nextMs: at + HOUR_MS, ...fire, ...given };
}

async function fire(scene: Scene, row: ScheduleRow, given: Given = {}): Promise<FireAnswer | undefined> {
  return (await scene.store.fireSchedules([fireOf(row, given)]))[0];
}

/** Makes the next fire an hour later. */
async function fireAgain(
  scene: Scene,
  overlap: Overlap,
  job: Partial<NewJob> = {},
): Promise<FireAnswer | undefined> {
  await scene.advance(HOUR_MS);
  return fire(scene, await scheduleRow(scene), { overlap, job });
}

/** What fires do. */
export function fireRules(home: TestHome): void {
  describe("fires", () => {
    const rule = rulesOn(home);
    describe("made once", () => onceRules(rule));
    describe("records", () => recordRules(rule));
    describe("overlap", () => overlapRules(rule));
    describe("by hand", () => manualRules(rule));
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

function overlapRules(rule: Rule): void {
  rule("allow makes a job whatever lives", async (scene) => {
    await fire(scene, await setSchedule(scene));
    expect(await fireAgain(scene, "allow")).toMatchObject({ result: "fired" });
    expect(await scene.queueCounts()).toEqual({ queued: 2 });
  });

  rule("skip makes none while one lives, in line, running or retrying", async (scene) => {
    await fire(scene, await setSchedule(scene));
    const [id] = await scene.ids({});
    const skipped = { result: "skipped", reason: "overlap", job: id };
    expect(await fireAgain(scene, "skip")).toEqual(skipped);
    const held = await scene.claimOne({ leaseMs: 10 * HOUR_MS });
    expect(await fireAgain(scene, "skip")).toEqual(skipped);
    await scene.settle(held, retry(10 * HOUR_MS));
    expect(await fireAgain(scene, "skip")).toEqual(skipped);
    await scene.store.cancel([held.id]);
    expect(await fireAgain(scene, "skip")).toMatchObject({ result: "fired" });
    const { recent, lastMs, nextMs = 0 } = await scheduleRow(scene);
    expect(recent.map(({ outcome, reason, job }) => [outcome, reason, job === id])).toEqual([
      ["fired", undefined, false],
      ["skipped", "overlap", true],
      ["skipped", "overlap", true],
      ["skipped", "overlap", true],
      ["fired", undefined, true],
    ]);
    expect(lastMs).toBe(nextMs - HOUR_MS);
  });

  rule("a job of another schedule is in nobody's way", async (scene) => {
    await fire(scene, await setSchedule(scene, { id: "other" }));
    expect(await fire(scene, await setSchedule(scene), { overlap: "skip" })).toMatchObject({
      result: "fired",
    });
  });

  rule("queue-one has one wait behind one that runs, and no more", async (scene) => {
    const orderingKey = "line";
    await setSchedule(scene);
    await fire(scene, await scheduleRow(scene), { overlap: "queue-one", job: { orderingKey } });
    const [first] = await scene.ids({});
    const inLine = (job: JobId | undefined) => ({ result: "skipped", reason: "overlap", job });
    expect(await fireAgain(scene, "queue-one", { orderingKey })).toEqual(inLine(first));
    const held = await scene.claimOne({ leaseMs: 10 * HOUR_MS });
    expect(await fireAgain(scene, "queue-one", { orderingKey })).toMatchObject({ result: "fired" });
    expect(await scene.claim()).toEqual([]);
    const [second] = await scene.ids({});
    expect(await fireAgain(scene, "queue-one", { orderingKey })).toEqual(inLine(second));
    await scene.settle(held, COMPLETED);
    expect((await scene.claimOne()).id).toBe(second);
  });

  rule("cancel-running ends what waits, tells what runs to stop, and makes its job", async (scene) => {
    await fire(scene, await setSchedule(scene));
    const held = await scene.claimOne({ leaseMs: 10 * HOUR_MS });
    await fireAgain(scene, "allow");
    const [waiting] = await scene.ids({ states: ["ready"] });
    const answer = await fireAgain(scene, "cancel-running");
    expect(answer?.result).toBe("fired");
    const [newest] = await scene.ids({ states: ["ready"] });
    expect(await scene.ids({ states: ["cancelled"] })).toEqual([waiting]);
    expect((await scheduleRow(scene)).jobs).toEqual([held.id, newest]);
    expect(await scene.settle(held, COMPLETED)).toBe("applied-as-cancelled");
    expect(await scene.queueCounts()).toEqual({ queued: 1, cancelled: 2 });
  });

  rule("cancel-running has the room that the cancelled job leaves", async (scene) => {
    await scene.store.configureQueue("work", { capacity: 1 });
    await fire(scene, await setSchedule(scene));
    expect(await fireAgain(scene, "allow")).toEqual({ result: "skipped", reason: "queue-full" });
    expect(await fireAgain(scene, "cancel-running")).toMatchObject({ result: "fired" });
    expect(await scene.queueCounts()).toEqual({ queued: 1, cancelled: 1, refused: 1 });
  });

  rule("fires at the same time on jobs that end meanwhile come to an end", async (scene) => {
    const rows = await Promise.all(["a", "b", "c", "d"].map((id) => setSchedule(scene, { id })));
    await scene.store.fireSchedules(rows.map((row) => fireOf(row)));
    const held = await scene.claim({ leaseMs: 10 * HOUR_MS });
    await scene.advance(HOUR_MS);
    const due = (await scene.store.dueSchedules({ limit: 10 })).rows;
    const fires = due.map((row) => fireOf(row, { overlap: "cancel-running" }));
    const [answers] = await Promise.all([
      scene.store.fireSchedules(fires),
      scene.settleAll(held, COMPLETED),
      scene.store.fireSchedules(fires.toReversed()),
    ]);
    expect(answers).toHaveLength(4);
    expect((await scene.queueCounts())["queued"]).toBe(4);
  });
}

function manualRules(rule: Rule): void {
  rule("made whenever, also while paused; the next fire stays where it is", async (scene) => {
    const row = await setSchedule(scene);
    await scene.store.pauseSchedule(row.id);
    await scene.advance(5);
    const atMs = await nowOf(scene);
    const asked = { ...fireOf(row), due: "manual", fire: { fireMs: atMs, job: newJob() } } as const;
    const { id } = asked.fire.job;
    expect(await scene.store.fireSchedules([asked])).toEqual([{ result: "fired", job: id }]);
    const after = { ...row, paused: true, jobs: [id] };
    const recent = [{ fireMs: atMs, atMs, outcome: "fired", job: id, manual: true }];
    expect(await scheduleRow(scene)).toEqual({ ...after, recent });
  });

  rule("sent again it adds nothing, neither a job nor a record", async (scene) => {
    const row = await setSchedule(scene);
    const asked = fireOf(row, { due: "manual", overlap: "skip" });
    await scene.store.fireSchedules([asked]);
    const after = await scheduleRow(scene);
    for (const overlap of ["skip", "cancel-running"] as const) {
      expect(await scene.store.fireSchedules([{ ...asked, overlap }])).toMatchObject([{ result: "fired" }]);
    }
    expect(await scheduleRow(scene)).toEqual(after);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("its job is in the way of later ones, and theirs in its", async (scene) => {
    const row = await setSchedule(scene);
    await fire(scene, row, { due: "manual" });
    expect(await fireAgain(scene, "skip")).toMatchObject({ result: "skipped" });
    const jobs = newJobs(1);
    expect(
      await fire(scene, await scheduleRow(scene), { due: "manual", overlap: "skip", job: jobs[0] ?? {} }),
    ).toMatchObject({ result: "skipped" });
  });

  rule("a changed schedule is not fired by who has read it before", async (scene) => {
    const row = await setSchedule(scene);
    await scene.store.setSchedule({ ...row, definition: "0two" });
    expect(await fire(scene, row, { due: "manual" })).toEqual({ result: "stale" });
  });
}
