/** Rules of unique keys. */
import type { NewJob, UniqueKey } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJob, retry, suspended } from "./builders.ts";
import { readAll } from "./read-events.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Which jobs a unique key keeps out, and for how long. */
export function uniqueRules(home: TestHome): void {
  describe("unique keys", () => {
    const rule = rulesOn(home);
    describe("duplicates", () => duplicateRules(rule));
    describe("until when", () => endRules(rule));
    describe("kept for a time", () => keepRules(rule));
    describe("replacing", () => replaceRules(rule));
    describe("re-sent", () => resendRules(rule));
  });
}

function keyed(given: Partial<UniqueKey> = {}, job: Partial<NewJob> = {}): NewJob {
  return newJob({ ...job, unique: { key: "k", while: "live", onConflict: "keep", ...given } });
}

async function send(scene: Scene, job: NewJob) {
  const [answer] = await scene.store.enqueue([job]);
  return answer;
}

function duplicateRules(rule: Rule): void {
  rule("a second job is a duplicate of the first, and nothing is written", async (scene) => {
    const [first, second] = [keyed(), keyed()];
    expect(await send(scene, first)).toEqual({ id: first.id, result: "created" });
    expect(await send(scene, second)).toEqual({ id: second.id, result: "duplicate", job: first.id });
    expect(await scene.ids({})).toEqual([first.id]);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("in one call the first of a key is created, whatever their ids", async (scene) => {
    const jobs = [keyed(), keyed(), keyed({ key: "other" }), newJob(), keyed()].reverse();
    const [a, , c] = jobs;
    expect(await scene.store.enqueue(jobs)).toEqual([
      { id: a?.id, result: "created" },
      { id: jobs[1]?.id, result: "created" },
      { id: c?.id, result: "created" },
      { id: jobs[3]?.id, result: "duplicate", job: a?.id },
      { id: jobs[4]?.id, result: "duplicate", job: a?.id },
    ]);
    expect(await scene.queueCounts()).toEqual({ queued: 3 });
  });

  rule("of many calls at the same time one creates the job", async (scene) => {
    const jobs = Array.from({ length: 20 }, () => keyed());
    const answers = (await Promise.all(jobs.map((job) => scene.store.enqueue([job])))).flat();
    const created = answers.filter(({ result }) => result === "created");
    expect(created).toHaveLength(1);
    const others = answers.filter(({ result }) => result !== "created");
    for (const answer of others) expect(answer).toMatchObject({ result: "duplicate", job: created[0]?.id });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });

  rule("calls that name the same keys in other orders end, with one job for each key", async (scene) => {
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    const calls = [keys, [...keys].reverse(), keys, [...keys].reverse()].map((order) =>
      scene.store.enqueue(order.map((key) => keyed({ key }))),
    );
    const answers = (await Promise.all(calls)).flat();
    expect(answers.filter(({ result }) => result === "created")).toHaveLength(50);
    expect(await scene.queueCounts()).toEqual({ queued: 50 });
  });

  rule("keys are any text, told apart exactly", async (scene) => {
    for (const key of ["a", "A", "a ", "é", "e\u0301", '["a"]']) {
      expect((await send(scene, keyed({ key })))?.result).toBe("created");
    }
  });

  rule("children and coordinators have none", async (scene) => {
    const held = await scene.hold();
    const spawning = scene.settle(held, suspended(), { spawn: [keyed()] });
    await expect(spawning).rejects.toMatchObject({ code: "bad-usage" });
    expect((await scene.row(held.id)).state).toBe("running");
  });
}

function endRules(rule: Rule): void {
  rule("a key blocks while its job is running, waiting and retrying", async (scene) => {
    const first = keyed();
    await send(scene, first);
    const held = await scene.claimOne();
    expect((await send(scene, keyed()))?.result).toBe("duplicate");
    await scene.settle(held, retry(0));
    expect((await send(scene, keyed()))?.result).toBe("duplicate");
    await scene.settle(await scene.claimOne(), suspended(), { spawn: [newJob({ queue: "children" })] });
    expect((await send(scene, keyed()))?.result).toBe("duplicate");
  });

  rule("however its job ends, the key is free", async (scene) => {
    const endings = [
      async () => void (await scene.settle(await scene.claimOne(), COMPLETED)),
      async () => void (await scene.settle(await scene.claimOne(), dead())),
      async () => {
        await scene.advance(1_000);
        await scene.store.expire({ limit: 10 });
      },
    ];
    for (const end of endings) {
      expect((await send(scene, keyed({}, { ttlMs: 1_000 })))?.result).toBe("created");
      expect((await send(scene, keyed()))?.result).toBe("duplicate");
      await end();
    }
    expect((await send(scene, keyed()))?.result).toBe("created");
  });

  rule("a key for queued jobs only is free once its job is claimed, for good", async (scene) => {
    const first = keyed({ while: "queued" });
    await send(scene, first);
    expect((await send(scene, keyed({ while: "queued" })))?.result).toBe("duplicate");
    const held = await scene.claimOne();
    const second = keyed({ while: "queued" });
    expect(await send(scene, second)).toEqual({ id: second.id, result: "created" });
    await scene.settle(held, retry(0));
    expect(await send(scene, keyed())).toMatchObject({ result: "duplicate", job: second.id });
  });
}

function keepRules(rule: Rule): void {
  rule("a kept key blocks from the job's creation on, also once the job has ended", async (scene) => {
    const first = keyed({ keepForMs: 5_000 });
    await send(scene, first);
    await scene.advance(1_000);
    await scene.settle(await scene.claimOne(), COMPLETED);
    await scene.advance(3_999);
    expect(await send(scene, keyed())).toMatchObject({ result: "duplicate", job: first.id });
    expect(await send(scene, keyed({ keepForMs: 1 }))).toMatchObject({ result: "duplicate", job: first.id });
    await scene.advance(1);
    expect((await send(scene, keyed()))?.result).toBe("created");
  });

  rule(
    "the job a key is kept for exists where it is sent once more, and does not run again",
    async (scene) => {
      const job = keyed({ keepForMs: 60_000 });
      await send(scene, job);
      await scene.settle(await scene.claimOne(), COMPLETED);
      expect(await send(scene, job)).toEqual({ id: job.id, result: "exists" });
      expect(await scene.claim()).toEqual([]);
    },
  );

  rule("a job that outlives the time its key was kept for holds it still", async (scene) => {
    const first = keyed({ keepForMs: 1_000 });
    await send(scene, first);
    await scene.advance(2_000);
    await scene.store.expire({ limit: 10 });
    expect(await send(scene, keyed({ keepForMs: 1_000 }))).toMatchObject({
      result: "duplicate",
      job: first.id,
    });
    await scene.settle(await scene.claimOne(), COMPLETED);
    expect((await send(scene, keyed({ keepForMs: 1_000 })))?.result).toBe("created");
  });

  rule("of many calls at the same time one gets a key that is kept", async (scene) => {
    const calls = Array.from({ length: 10 }, () => scene.store.enqueue([keyed({ keepForMs: 1_000 })]));
    const answers = (await Promise.all(calls)).flat();
    expect(answers.filter(({ result }) => result === "created")).toHaveLength(1);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });
}

const REPLACE = { onConflict: "replace" } as const;

function replaceRules(rule: Rule): void {
  rule("a queued holder takes the new work, class, due time and expiry, and keeps its id", async (scene) => {
    const first = keyed({}, { envelope: "0first", ttlMs: 9_000 });
    await send(scene, first);
    await scene.advance(100);
    const second = keyed(REPLACE, { envelope: "0second", priority: "high", delayMs: 500, ttlMs: 700 });
    expect(await send(scene, second)).toEqual({ id: second.id, result: "replaced", job: first.id });
    const row = await scene.row(first.id);
    expect(row).toMatchObject({ envelope: "0second", priority: "high", state: "scheduled" });
    expect(row.runAtMs - row.createdAtMs).toBe(600);
    expect((row.expiresAtMs ?? 0) - row.createdAtMs).toBe(800);
    expect(await scene.queueCounts()).toEqual({});
    expect(await scene.queueCounts("work", "high")).toEqual({ queued: 1 });
    await scene.advance(499);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(1);
    expect((await scene.claimOne()).envelope).toBe("0second");
  });

  rule("each later job puts the due time off, and the last one's work is done, once", async (scene) => {
    const first = keyed(REPLACE, { delayMs: 1_000, envelope: "00" });
    await send(scene, first);
    for (const envelope of ["01", "02", "03"]) {
      await scene.advance(900);
      expect((await send(scene, keyed(REPLACE, { delayMs: 1_000, envelope })))?.result).toBe("replaced");
    }
    await scene.advance(999);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(1);
    expect((await scene.claim()).map(({ id, envelope }) => [id, envelope])).toEqual([[first.id, "03"]]);
    expect(await scene.queueCounts()).toEqual({ running: 1 });
  });

  rule("in one call the last of a key is what is done", async (scene) => {
    const jobs = ["0a", "0b", "0c"].map((envelope) => keyed(REPLACE, { envelope }));
    const answers = await scene.store.enqueue([...jobs].reverse());
    expect(answers.map(({ result }) => result)).toEqual(["created", "replaced", "replaced"]);
    expect(await scene.row(jobs[2]?.id as NewJob["id"])).toMatchObject({ envelope: "0a" });
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
    const told = (await readAll(scene)).map(({ job, kind }) => [job, kind]);
    const id = jobs[2]?.id;
    expect(told, "each that took the place is told").toEqual([
      [id, "enqueued"],
      [id, "replaced"],
      [id, "replaced"],
    ]);
  });

  rule("a job that waits for its retry is replaced, a running or waiting one is not", async (scene) => {
    const first = keyed();
    await send(scene, first);
    const held = await scene.claimOne();
    const duplicate = { result: "duplicate", job: first.id };
    expect(await send(scene, keyed(REPLACE))).toMatchObject(duplicate);
    await scene.settle(held, retry(5_000));
    expect(await send(scene, keyed(REPLACE, { delayMs: 1_000 }))).toMatchObject({ result: "replaced" });
    expect(await scene.row(first.id)).toMatchObject({ state: "retrying", attempts: 1 });
    await scene.advance(1_000);
    await scene.settle(await scene.claimOne(), suspended(), { spawn: [newJob({ queue: "children" })] });
    expect(await send(scene, keyed(REPLACE))).toMatchObject(duplicate);
  });

  rule("work of another queue, name or tenant never takes a job's place", async (scene) => {
    const first = keyed();
    await send(scene, first);
    for (const other of [{ queue: "other" }, { name: "other" }, { tenant: "other" }]) {
      expect(await send(scene, keyed(REPLACE, other))).toMatchObject({ result: "duplicate", job: first.id });
    }
  });

  rule("many calls at the same time leave one job, with the work of one of them", async (scene) => {
    const jobs = Array.from({ length: 10 }, (_, index) => keyed(REPLACE, { envelope: `0${index}` }));
    const answers = (await Promise.all(jobs.map((job) => scene.store.enqueue([job])))).flat();
    expect(answers.filter(({ result }) => result === "created")).toHaveLength(1);
    expect(answers.filter(({ result }) => result === "replaced")).toHaveLength(9);
    expect(await scene.queueCounts()).toEqual({ queued: 1 });
  });
}

function resendRules(rule: Rule): void {
  rule("a re-sent job exists, live or ended: it is no duplicate of itself", async (scene) => {
    for (const given of [{}, { keepForMs: 60_000, key: "kept" }, { ...REPLACE, key: "replacing" }]) {
      const job = keyed(given);
      await send(scene, job);
      const exists = [{ id: job.id, result: "exists" }];
      expect(await scene.store.enqueue([job], { resend: true })).toEqual(exists);
      await scene.settle(await scene.claimOne(), COMPLETED);
      expect(await scene.store.enqueue([job], { resend: true })).toEqual(exists);
      expect(await scene.claim()).toEqual([]);
    }
    expect(await scene.queueCounts()).toEqual({ completed: 3 });
  });

  rule("a re-sent job that has ended leaves the next holder of its key alone", async (scene) => {
    const [first, second] = [keyed(REPLACE, { envelope: "01" }), keyed({}, { envelope: "02" })];
    await send(scene, first);
    await scene.settle(await scene.claimOne(), COMPLETED);
    await send(scene, second);
    expect(await scene.store.enqueue([first], { resend: true })).toEqual([
      { id: first.id, result: "exists" },
    ]);
    expect((await scene.row(second.id)).envelope).toBe("02");
  });

  rule("a re-sent job that has ended keeps no key anew", async (scene) => {
    const job = keyed({ keepForMs: 1_000 });
    await send(scene, job);
    await scene.settle(await scene.claimOne(), COMPLETED);
    await scene.advance(1_000);
    const exists = [{ id: job.id, result: "exists" }];
    expect(await scene.store.enqueue([job], { resend: true })).toEqual(exists);
    expect(await send(scene, keyed())).toMatchObject({ result: "created" });
  });

  rule("a re-sent job that had not arrived is judged as any other", async (scene) => {
    const [first, second] = [keyed(), keyed()];
    expect(await scene.store.enqueue([first], { resend: true })).toMatchObject([{ result: "created" }]);
    expect(await scene.store.enqueue([second], { resend: true })).toMatchObject([
      { result: "duplicate", job: first.id },
    ]);
  });
}
