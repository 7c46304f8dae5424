/** Rules of enqueue. */
import type { JobState, NewJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, DAY_MS, dead, NAME, newJob, newJobs, nextId, QUEUE, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { ODD_ENVELOPES, ODD_TEXTS, UNKEEPABLE_TEXTS } from "./texts.ts";

/** What a store may be asked to add, and what it answers. */
export function enqueueRules(home: TestHome): void {
  describe("enqueue", () => {
    const rule = rulesOn(home);
    describe("a new job", () => newJobRules(rule));
    describe("a known id", () => knownIdRules(rule));
    describe("what is kept", () => keptRules(rule));
  });
}

function newJobRules(rule: Rule): void {
  rule("a job is listed with all it was given, ready at once", async (scene) => {
    const run = newJob().id as unknown as NonNullable<NewJob["run"]>; // any id will do
    const job = await scene.add({ tenant: "acme", priority: "high", run, envelope: '0{"payload":[1]}' });
    const row = await scene.row(job.id);
    expect(row).toEqual({
      id: job.id,
      queue: QUEUE,
      name: NAME,
      tenant: "acme",
      priority: "high",
      state: "ready",
      generation: 1,
      attempts: 0,
      interruptions: 0,
      rescues: 0,
      snoozes: 0,
      run,
      createdAtMs: expect.any(Number),
      runAtMs: row.createdAtMs,
      envelope: '0{"payload":[1]}',
      records: "",
    });
  });

  rule("a delayed job is scheduled until its time has come", async (scene) => {
    const job = await scene.add({ delayMs: 5_000 });
    const row = await scene.row(job.id);
    expect(row.state).toBe("scheduled");
    expect(row.runAtMs - row.createdAtMs).toBe(5_000);
    await scene.advance(4_999);
    expect((await scene.row(job.id)).state).toBe("scheduled");
    await scene.advance(1);
    expect((await scene.row(job.id)).state).toBe("ready");
  });

  rule("nothing to add is nothing done", async (scene) => {
    expect(await scene.store.enqueue([])).toEqual([]);
    expect(await scene.store.enqueue([], { resend: true })).toEqual([]);
  });

  rule("a thousand jobs in one call are answered in order", async (scene) => {
    const jobs = newJobs(1_000).reverse();
    const answers = await scene.store.enqueue(jobs);
    expect(answers).toEqual(jobs.map(({ id }) => ({ id, result: "created" })));
    expect(await scene.ids({})).toHaveLength(1_000);
    expect(await scene.queueCounts()).toEqual({ queued: 1_000 });
  });
}

function knownIdRules(rule: Rule): void {
  rule("an id met twice in one call is created once, as the first says", async (scene) => {
    const job = newJob({ envelope: "0first" });
    const other = newJob();
    const answers = await scene.store.enqueue([job, other, { ...job, envelope: "0second" }]);
    expect(answers.map((answer) => answer.result)).toEqual(["created", "created", "exists"]);
    expect((await scene.row(job.id)).envelope).toBe("0first");
    expect(await scene.queueCounts()).toEqual({ queued: 2 });
  });

  rule("a live job is left as it is, whatever it is doing", async (scene) => {
    const live = await liveJobs(scene);
    const before = await scene.store.find({}, { limit: 100 });
    for (const resend of [false, true]) {
      const again = live.map(({ id }) => newJob({ id, envelope: "0other", queue: "elsewhere" }));
      const answers = await scene.store.enqueue(again, { resend });
      expect(answers).toEqual(live.map(({ id }) => ({ id, result: "exists" })));
    }
    expect(await scene.store.find({}, { limit: 100 })).toEqual(before);
    expect(await scene.queueCounts("elsewhere")).toEqual({});
  });

  rule("a finished job exists for a re-send, and stays finished", async (scene) => {
    const [completed, died] = [await scene.hold(), await scene.hold()];
    await scene.settle(completed, COMPLETED);
    await scene.settle(died, dead());
    const before = await scene.queueCounts();
    const again = [newJob({ id: completed.id }), newJob({ id: died.id })];
    const answers = await scene.store.enqueue(again, { resend: true });
    expect(answers.map((answer) => answer.result)).toEqual(["exists", "exists"]);
    expect((await scene.row(completed.id)).state).toBe("completed");
    expect((await scene.row(died.id)).state).toBe("dead");
    expect(await scene.claim()).toEqual([]);
    expect(await scene.queueCounts()).toEqual(before);
  });

  rule("a finished job's id sent anew is a new job's, and no clean-up takes it", async (scene) => {
    const held = await scene.hold();
    const { id } = held;
    await scene.settle(held, COMPLETED);
    await scene.advance(2 * DAY_MS);
    expect(await scene.store.enqueue([newJob({ id })])).toEqual([{ id, result: "created" }]);
    await scene.store.cleanUp({ olderThanMs: DAY_MS, states: ["completed"], limit: 10 });
    expect(await scene.ids({})).toEqual([id]);
    expect((await scene.row(id)).state).toBe("ready");
    expect((await scene.claimOne()).id).toBe(id);
  });

  rule("a re-send adds what had not arrived", async (scene) => {
    const finished = await scene.hold();
    await scene.settle(finished, COMPLETED);
    const live = await scene.add();
    const [first, second] = newJobs(2);
    const jobs = [first, newJob({ id: finished.id }), second, live, first].filter((job) => job !== undefined);
    const answers = await scene.store.enqueue(jobs, { resend: true });
    expect(answers.map((answer) => answer.result)).toEqual([
      "created",
      "exists",
      "created",
      "exists",
      "exists",
    ]);
    expect(await scene.queueCounts()).toEqual({ queued: 3, completed: 1 });
  });
}

/** One job in every live state. */
async function liveJobs(scene: Scene): Promise<readonly { id: NewJob["id"] }[]> {
  const parent = await scene.hold();
  await scene.settle(parent, suspended(), { spawn: [newJob({ queue: "children" })] });
  const running = await scene.hold();
  const retrying = await scene.hold();
  await scene.settle(retrying, { kind: "retry", delayMs: 1_000 });
  const ready = await scene.add();
  const scheduled = await scene.add({ delayMs: 1_000 });
  const live = [parent, running, retrying, ready, scheduled];
  const states: JobState[] = [];
  for (const { id } of live) states.push((await scene.row(id)).state);
  expect(states).toEqual(["waiting", "running", "retrying", "ready", "scheduled"]);
  return live;
}

function keptRules(rule: Rule): void {
  rule("any JSON text comes back byte for byte", async (scene) => {
    const jobs = ODD_ENVELOPES.map((envelope) => newJob({ envelope }));
    await scene.store.enqueue(jobs);
    const claimed = await scene.claim();
    expect(claimed.map((job) => job.envelope)).toEqual(ODD_ENVELOPES);
    await scene.settleAll(claimed, COMPLETED);
    const rows = (await scene.store.find({}, { limit: 100 })).rows;
    expect(rows.map((row) => row.envelope).reverse()).toEqual(ODD_ENVELOPES);
  });

  rule("queues, names and tenants are any text, told apart exactly", async (scene) => {
    const jobs = ODD_TEXTS.map((text) => newJob({ queue: text, name: text, tenant: text }));
    await scene.store.enqueue(jobs);
    for (const [index, text] of ODD_TEXTS.entries()) {
      const id = jobs[index]?.id;
      expect(await scene.ids({ queue: text })).toEqual([id]);
      expect(await scene.ids({ name: text })).toEqual([id]);
      expect(await scene.ids({ tenant: text })).toEqual([id]);
      expect(await scene.queueCounts(text)).toEqual({ queued: 1 });
      const [job] = await scene.claim({ queue: text, names: [text] });
      expect(job).toMatchObject({ id, queue: text, name: text, tenant: text });
      expect(await scene.queueCounts(text)).toEqual({ running: 1 });
    }
  });

  rule("text that not every store can keep is refused, and its whole call with it", async (scene) => {
    for (const text of UNKEEPABLE_TEXTS) {
      for (const field of ["queue", "name", "tenant", "envelope"] as const) {
        const jobs = [newJob(), newJob({ [field]: text }), newJob()];
        await expect(scene.store.enqueue(jobs)).rejects.toMatchObject({ code: "bad-input" });
      }
    }
    expect(await scene.ids({})).toEqual([]);
    expect(await scene.queueCounts()).toEqual({});
  });

  rule("jobs made after a refused call are taken as ever", async (scene) => {
    await expect(scene.store.enqueue([newJob({ name: "\0" })])).rejects.toThrow();
    const job = await scene.add({ id: nextId() });
    expect((await scene.claimOne()).id).toBe(job.id);
  });
}
