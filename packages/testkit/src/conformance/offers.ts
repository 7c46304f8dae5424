/** Rules of offers: a lone job is claimed for an idle worker by whoever enqueues it, and sent along. */
import type { NewJob, Opening } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, LEASE_MS, NAME, newJob, newJobs } from "./builders.ts";
import { type Ear, IDLE_WORKER, listening, OFFER_MS } from "./ear.ts";
import { readAll } from "./read-events.ts";
import { type Rule, rulesOn, SIGNALS } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What is offered to whom, and what becomes of it. */
export function offerRules(home: TestHome): void {
  describe("offers", () => {
    const register = rulesOn(home);
    const rule: Rule = (name, body) => register(name, body, SIGNALS);
    describe("what a worker gets", () => gettingRules(rule));
    describe("what is not offered", () => keptRules(rule));
    describe("what becomes of them", () => endRules(rule));
  });
}

/** A job offered to the ear, and the row it left. */
async function offered(scene: Scene, ear: Ear, given: Partial<NewJob> = {}) {
  await ear.says();
  const job = await scene.add(given);
  const offer = await ear.offer();
  expect(offer.job.id).toBe(job.id);
  return { job, offer, held: offer.job };
}

function gettingRules(rule: Rule): void {
  rule("a lone job is claimed for an idle worker and sent to it, as a claim would have given it", (scene) =>
    listening(scene, async (ear) => {
      const saidAtMs = await ear.says();
      await scene.advance(50);
      const job = await scene.add({ tenant: "t", priority: "high", envelope: '0{"payload":"é\\"\\\\"}' });
      expect(await scene.row(job.id)).toMatchObject({ state: "running", attempts: 0 });
      const { job: got, atMs } = await ear.offer();
      expect(atMs).toBe(saidAtMs + 50);
      const { delayMs, maxRescues, ...same } = job;
      expect(got).toEqual({ ...same, token: got.token, attempt: 1, generation: 1, waitedMs: 0 });
      expect(await scene.claim()).toEqual([]);
      expect(await scene.queueCounts("work", "high")).toEqual({ running: 1 });
      expect(await scene.settle(got, COMPLETED)).toBe("applied");
      expect(await scene.queueCounts("work", "high")).toEqual({ completed: 1 });
    }),
  );

  rule("it was enqueued, then claimed", (scene) =>
    listening(scene, async (ear) => {
      const { job } = await offered(scene, ear);
      const events = await readAll(scene);
      expect(events.map(({ kind, job: of }) => [kind, of])).toEqual([
        ["enqueued", job.id],
        ["claimed", job.id],
      ]);
    }),
  );

  rule("tokens grow from offer to claim to offer", (scene) =>
    listening(scene, async (ear) => {
      const first = await offered(scene, ear);
      const claimed = await scene.hold({ delayMs: -1, ttlMs: LEASE_MS });
      const second = await offered(scene, ear);
      const tokens = [first.held.token, claimed.token, second.held.token].map(BigInt);
      expect(tokens).toEqual([...tokens].sort((left, right) => (left < right ? -1 : 1)));
      expect(new Set(tokens).size).toBe(3);
    }),
  );

  rule("as many are offered as the worker has places for", (scene) =>
    listening(scene, async (ear) => {
      await ear.says({ max: 2 });
      const jobs = [await scene.add(), await scene.add(), await scene.add()];
      expect([(await ear.offer()).job.id, (await ear.offer()).job.id]).toEqual([jobs[0]?.id, jobs[1]?.id]);
      expect(await scene.ids({ states: ["ready"] })).toEqual([jobs[2]?.id]);
    }),
  );
}

function keptRules(rule: Rule): void {
  const kept: Readonly<Record<string, Partial<NewJob>>> = {
    "one that is due later": { delayMs: 1_000 },
    "one that expires": { ttlMs: 1_000 },
    "one with a unique key": { unique: { key: "k", while: "live", onConflict: "keep" } },
    "one of an ordering key": { orderingKey: "o" },
    "one too long to be sent": { envelope: `0{"payload":"${"é".repeat(4_000)}"}` },
    "one of another name": { name: "other" },
    "one of a class the worker does not take": { priority: "low" },
    "one of another queue": { queue: "other" },
  };
  for (const [what, given] of Object.entries(kept)) {
    rule(`${what} is left in line`, (scene) =>
      listening(scene, async (ear) => {
        await ear.says({ max: 10, priorities: ["high", "default"] });
        const job = await scene.add(given);
        expect((await scene.row(job.id)).state).toBe(given.delayMs ? "scheduled" : "ready");
        await stillOffers(scene, ear, { max: 10 });
      }),
    );
  }

  rule("several at once are left in line", (scene) =>
    listening(scene, async (ear) => {
      await ear.says({ max: 10 });
      await scene.store.enqueue(newJobs(2));
      expect(await scene.queueCounts()).toEqual({ queued: 2 });
    }),
  );

  for (const priority of ["critical", "default", "bulk"] as const) {
    rule(`nothing is offered past a ready job of class ${priority}`, (scene) =>
      listening(scene, async (ear) => {
        await ear.says({ max: 10 });
        await scene.add({ priority, delayMs: 1_000, name: "other" });
        await scene.advance(1_000);
        const job = await scene.add();
        expect((await scene.row(job.id)).state).toBe("ready");
      }),
    );
  }

  rule("nor past a suspect", (scene) =>
    listening(scene, async (ear) => {
      await ear.says({ max: 10 });
      await scene.hold({ ttlMs: 600_000 });
      await scene.expire();
      const job = await scene.add();
      expect((await scene.row(job.id)).state).toBe("ready");
    }),
  );

  rule("nor on a paused queue", (scene) =>
    listening(scene, async (ear) => {
      await scene.store.configureQueue("work", { paused: true });
      await ear.says();
      const job = await scene.add();
      expect((await scene.row(job.id)).state).toBe("ready");
      await scene.store.configureQueue("work", { paused: false });
      expect((await scene.claimOne()).id).toBe(job.id);
    }),
  );

  rule("nor on one with a capacity, which still counts", (scene) =>
    listening(scene, async (ear) => {
      await scene.store.configureQueue("work", { capacity: 1 });
      await ear.says();
      const [first, second] = newJobs(2);
      if (first === undefined || second === undefined) throw new Error("two jobs were made");
      expect(await scene.store.enqueue([first])).toEqual([{ id: first.id, result: "created" }]);
      expect(await scene.store.enqueue([second])).toEqual([{ id: second.id, result: "queue-full" }]);
      expect((await scene.row(first.id)).state).toBe("ready");
    }),
  );

  rule("an id that is live is offered to nobody, and takes no place", (scene) =>
    listening(scene, async (ear) => {
      const { job, offer } = await offered(scene, ear);
      await ear.says();
      expect(await scene.store.enqueue([job])).toEqual([{ id: job.id, result: "exists" }]);
      expect(await scene.settle(offer.job, COMPLETED)).toBe("applied");
      const next = await scene.add();
      expect((await ear.offer()).job.id).toBe(next.id);
    }),
  );

  rule("nothing is offered to a worker whose word has run out", (scene) =>
    listening(scene, async (ear) => {
      await ear.says({ max: 10 });
      await scene.advance(600_000);
      const job = await scene.add();
      expect((await scene.row(job.id)).state).toBe("ready");
    }),
  );
}

/** Shows that the way was open: with the line empty, the same worker is offered a plain job. */
async function stillOffers(scene: Scene, ear: Ear, given: Partial<Opening>): Promise<void> {
  for (const held of await scene.claim({ names: [NAME, "other"] })) await scene.settle(held, COMPLETED);
  await ear.says(given);
  const job = newJob();
  await scene.store.enqueue([job]);
  expect((await ear.offer()).job.id).toBe(job.id);
}

function endRules(rule: Rule): void {
  rule("one that nobody accepts is ready again, as if nobody had held it", (scene) =>
    listening(scene, async (ear) => {
      const { job, held } = await offered(scene, ear, { maxRescues: 0 });
      const before = await scene.row(job.id);
      await scene.advance(OFFER_MS - 1);
      expect(await scene.store.rescue({ limit: 10 })).toMatchObject({ ready: 0 });
      await scene.advance(1);
      expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 1, crashed: 0, more: false });
      expect(await scene.row(job.id)).toEqual({ ...before, state: "ready" });
      expect((await readAll(scene)).at(-1)).toMatchObject({ kind: "released", job: job.id });
      expect(await scene.settle(held, COMPLETED)).toBe("fenced");
      expect(await scene.claim({ solo: true })).toEqual([]);
      expect((await scene.claimOne()).id).toBe(job.id);
      expect(await scene.queueCounts()).toEqual({ running: 1 });
    }),
  );

  rule("one that was extended is held like any other", (scene) =>
    listening(scene, async (ear) => {
      const { job, offer } = await offered(scene, ear);
      const touch = [{ lease: offer.lease, dropped: false }];
      const options = { worker: IDLE_WORKER, leaseMs: LEASE_MS };
      expect(await scene.store.extend(touch, options)).toEqual({ lost: [] });
      await scene.advance(LEASE_MS - 1);
      expect(await scene.store.rescue({ limit: 10 })).toMatchObject({ ready: 0 });
      await scene.advance(1);
      await scene.store.rescue({ limit: 10 });
      expect(await scene.row(job.id)).toMatchObject({ state: "ready", rescues: 1 });
      expect((await scene.claimSuspect()).id).toBe(job.id);
    }),
  );

  rule("one whose holder wrote was accepted", (scene) =>
    listening(scene, async (ear) => {
      const { job, held } = await offered(scene, ear);
      expect(await scene.save(held, { checkpoint: "half" })).toBe("applied");
      await scene.advance(OFFER_MS);
      await scene.store.rescue({ limit: 10 });
      expect(await scene.row(job.id)).toMatchObject({ state: "ready", rescues: 1, checkpoint: "half" });
      expect((await scene.claimSuspect()).id).toBe(job.id);
    }),
  );

  rule("one that is cancelled and never accepted ends cancelled", (scene) =>
    listening(scene, async (ear) => {
      const { job } = await offered(scene, ear);
      expect(await scene.store.cancel([job.id])).toMatchObject(["cancelling"]);
      await scene.advance(OFFER_MS);
      await scene.store.rescue({ limit: 10 });
      expect(await scene.row(job.id)).toMatchObject({ state: "cancelled", rescues: 0 });
    }),
  );
}
