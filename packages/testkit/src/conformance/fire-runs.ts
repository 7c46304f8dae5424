/** Rules of fires that start runs. */
import type { FireAnswer, NewJob, NewRun, ScheduleFire, ScheduleRow } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { recordsOf } from "./audit.ts";
import { COMPLETED, HOUR_MS, newJob, newRun } from "./builders.ts";
import { fireOf } from "./fire-words.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { nowOf, scheduleRow, setSchedule } from "./schedules.ts";

/** The run, its coordinator and the record come together, and one run of the instance at a time. */
export function fireRunRules(home: TestHome): void {
  describe("fires of runs", () => {
    const rule = rulesOn(home);
    describe("started", () => startedRules(rule));
    describe("in the way", () => overlapRules(rule));
    describe("refused", () => refusedRules(rule));
  });
}

type RunFire = ScheduleFire & { readonly fire: { readonly job: NewJob; readonly run: NewRun } };

function runFire(
  row: ScheduleRow,
  given: Partial<ScheduleFire> & { readonly run?: Partial<NewRun> } = {},
): RunFire {
  const { run: of, ...rest } = given;
  const run = newRun({ rerun: true, ...of });
  const job = newJob({ run: run.id, name: "coordinator" });
  return { ...fireOf(row), ...rest, fire: { fireMs: row.nextMs ?? 0, job, run } };
}

async function make(scene: Scene, asked: ScheduleFire): Promise<FireAnswer | undefined> {
  return (await scene.store.fireSchedules([asked]))[0];
}

/** The next fire, an hour later. */
async function later(scene: Scene, given: Parameters<typeof runFire>[1] = {}): Promise<RunFire> {
  await scene.advance(HOUR_MS);
  return runFire(await scheduleRow(scene), given);
}

async function endRun(scene: Scene, { fire: { run } }: RunFire, to: "completed" | "failed") {
  const held = await scene.claimOne({ names: ["coordinator"] });
  await scene.store.moveRun({ run: run.id, from: ["running"], to, holder: held });
  await scene.settle(held, COMPLETED);
}

function startedRules(rule: Rule): void {
  rule("the run, its coordinator, the next time and the record come together", async (scene) => {
    const row = await setSchedule(scene);
    const asked = runFire(row, { run: { tenant: "acme", instance: "nightly" } });
    const { job, run, fireMs } = asked.fire;
    expect(await make(scene, asked)).toEqual({ result: "fired", job: job.id, run: run.id });
    expect(await scene.run({ ids: [run.id] })).toMatchObject({
      ...{ state: "running", tenant: "acme", instance: "nightly", coordinator: job.id },
      createdAtMs: fireMs,
    });
    expect(await scene.row(job.id)).toMatchObject({ state: "ready", run: run.id });
    expect(await scheduleRow(scene)).toEqual({
      ...row,
      nextMs: fireMs + HOUR_MS,
      lastMs: fireMs,
      jobs: [job.id],
      recent: [{ fireMs, atMs: fireMs, outcome: "fired", job: job.id, run: run.id }],
    });
  });

  rule("of many callers one starts it", async (scene) => {
    const row = await setSchedule(scene);
    const fires = Array.from({ length: 6 }, () => runFire(row));
    const answers = await Promise.all(fires.map((asked) => make(scene, asked)));
    expect(answers.filter((answer) => answer?.result === "fired")).toHaveLength(1);
    expect((await scene.store.findRuns({}, { limit: 10 })).rows).toHaveLength(1);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("jobs and runs of one call are answered in their places", async (scene) => {
    const [a, b, c] = [
      await setSchedule(scene, { id: "a" }),
      await setSchedule(scene, { id: "b" }),
      await setSchedule(scene, { id: "c" }),
    ];
    const fires = [runFire(a), fireOf(b), runFire(c)];
    const [first] = fires;
    expect(await scene.store.fireSchedules(fires)).toEqual([
      { result: "fired", job: fires[0]?.fire?.job.id, run: fires[0]?.fire?.run?.id },
      { result: "fired", job: fires[1]?.fire?.job.id },
      {
        ...{ result: "skipped", reason: "overlap" },
        ...{ job: first?.fire?.job.id, run: first?.fire?.run?.id },
      },
    ]);
    expect(await scene.queueCounts()).toEqual({ queued: 2 });
  });

  rule("a full queue refuses the run, and the fire says so; the next one may start it", async (scene) => {
    const row = await setSchedule(scene);
    await scene.store.configureQueue("work", { capacity: 1 });
    const job = await scene.add();
    const full = { result: "skipped", reason: "queue-full" };
    expect(await make(scene, runFire(row))).toEqual(full);
    expect((await scene.store.findRuns({}, { limit: 1 })).rows).toEqual([]);
    expect(await scene.queueCounts()).toEqual({ queued: 1, refused: 1 });
    expect((await scheduleRow(scene)).recent).toMatchObject([{ outcome: "skipped", reason: "queue-full" }]);
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect((await scene.row(job.id)).state).toBe("completed");
    expect(await make(scene, await later(scene))).toMatchObject({ result: "fired" });
  });

  rule("runs of one call are refused as the queue fills up", async (scene) => {
    const rows = [await setSchedule(scene, { id: "a" }), await setSchedule(scene, { id: "b" })];
    await scene.store.configureQueue("work", { capacity: 1 });
    const fires = rows.map((row) => runFire(row, { run: { instance: row.id } }));
    const answers = await scene.store.fireSchedules(fires);
    expect(answers.map(({ result }) => result)).toEqual(["fired", "skipped"]);
    expect(await scene.queueCounts()).toEqual({ queued: 1, refused: 1 });
  });

  rule(
    "by hand, sent again whatever became of its run, it starts none anew and adds no record",
    async (scene) => {
      const row = await setSchedule(scene);
      const note = { actor: { kind: "user", id: "ann" } } as const;
      const asked = runFire(row, { due: "manual", run: { rerun: false } });
      const { job, run } = asked.fire;
      const fired = { result: "fired", job: job.id, run: run.id };
      expect(await scene.store.fireSchedules([asked], note)).toEqual([fired]);
      const after = await scheduleRow(scene);
      expect(after.nextMs).toBe(row.nextMs);
      expect(await scene.store.fireSchedules([asked], note)).toEqual([fired]);
      await endRun(scene, asked, "failed");
      expect(await scene.store.fireSchedules([asked], note)).toEqual([fired]);
      expect((await scene.run({ ids: [run.id] })).state).toBe("failed");
      const { recent } = await scheduleRow(scene);
      expect(recent).toEqual(after.recent);
      const records = (await recordsOf(scene)).filter(({ type }) => type === "schedule.fired");
      expect(records).toMatchObject([{ details: { job: job.id, run: run.id } }]);
    },
  );
}

function overlapRules(rule: Rule): void {
  rule(
    "an active run of the instance is in the way, whatever the policy, and whoever started it",
    async (scene) => {
      const [other, coordinator] = [newRun(), newJob({ queue: "other" })];
      await scene.store.startRun(other, coordinator);
      const row = await setSchedule(scene);
      const inTheWay = { job: coordinator.id, run: other.id };
      const first = runFire(row, { overlap: "allow", run: { force: true } });
      expect(await make(scene, first)).toEqual({ result: "skipped", reason: "overlap", ...inTheWay });
      const atMs = await nowOf(scene);
      expect((await scheduleRow(scene)).recent).toEqual([
        { fireMs: row.nextMs, atMs, outcome: "skipped", reason: "overlap", ...inTheWay },
      ]);
      expect(await scene.ids({ queue: "work" })).toEqual([]);
      await scene.store.moveRun({ run: other.id, from: ["running"], to: "failed" });
      expect(await make(scene, await later(scene))).toMatchObject({ result: "fired" });
    },
  );

  rule("an instance that has completed for good is not run again", async (scene) => {
    const first = runFire(await setSchedule(scene), { run: { rerun: false } });
    await make(scene, first);
    await endRun(scene, first, "completed");
    const second = await later(scene, { run: { rerun: false } });
    const finished = { result: "skipped", reason: "finished", run: first.fire.run.id };
    expect(await make(scene, second)).toEqual(finished);
    const { recent, lastMs } = await scheduleRow(scene);
    expect(recent[0]).toMatchObject({ outcome: "skipped", reason: "finished", run: first.fire.run.id });
    expect(lastMs).toBe(first.fire.fireMs);
    expect(await make(scene, await later(scene, { run: { rerun: false, force: true } }))).toMatchObject({
      result: "fired",
    });
  });

  rule("skip looks at the coordinator as at a job", async (scene) => {
    const first = runFire(await setSchedule(scene));
    await make(scene, first);
    await scene.store.moveRun({ run: first.fire.run.id, from: ["running"], to: "failed" });
    const second = await later(scene, { overlap: "skip" });
    const { id } = first.fire.job;
    expect(await make(scene, second)).toEqual({ result: "skipped", reason: "overlap", job: id });
    await scene.store.cancel([id]);
    expect(await make(scene, await later(scene, { overlap: "skip" }))).toMatchObject({ result: "fired" });
  });

  rule("cancel-running ends a run whose coordinator waits, and starts the next", async (scene) => {
    const first = runFire(await setSchedule(scene));
    await make(scene, first);
    const second = await later(scene, { overlap: "cancel-running" });
    expect(await make(scene, second)).toMatchObject({ result: "fired", run: second.fire.run.id });
    expect(await scene.run({ ids: [first.fire.run.id] })).toMatchObject({ state: "cancelled" });
    expect((await scheduleRow(scene)).jobs).toEqual([second.fire.job.id]);
    expect(await scene.queueCounts()).toEqual({ queued: 1, cancelled: 1 });
  });

  rule("it tells one that runs to stop, and is left for it", async (scene) => {
    const first = runFire(await setSchedule(scene));
    await make(scene, first);
    const held = await scene.claimOne({ names: ["coordinator"], leaseMs: 10 * HOUR_MS });
    const second = await later(scene, { overlap: "cancel-running" });
    const { id: run } = first.fire.run;
    expect(await make(scene, second)).toEqual({ result: "skipped", reason: "overlap", job: held.id, run });
    expect((await scene.run({ ids: [run] })).state).toBe("cancelling");
    expect(await scene.settle(held, COMPLETED)).toBe("applied-as-cancelled");
    expect(await scene.store.sweepRuns({ limit: 10 })).toEqual([{ run, to: "cancelled" }]);
    expect(await make(scene, await later(scene))).toMatchObject({ result: "fired" });
  });
}

function refusedRules(rule: Rule): void {
  rule(
    "runs that no store keeps, and coordinators with keys, are refused with all their call",
    async (scene) => {
      const row = await setSchedule(scene);
      const asked = runFire(row);
      const { fire } = asked;
      for (const [wrong, code] of [
        [{ ...fire, run: { ...fire.run, params: "\0" } }, "bad-input"],
        [{ ...fire, job: { ...fire.job, orderingKey: "k" } }, "bad-usage"],
      ] as const) {
        await expect(make(scene, { ...asked, fire: wrong })).rejects.toMatchObject({ code });
      }
      expect(await scheduleRow(scene)).toEqual(row);
      expect(await scene.ids({})).toEqual([]);
    },
  );
}
