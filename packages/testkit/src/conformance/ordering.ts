/** Rules of ordering keys. */
import type { JobId, NewJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FAIL_FAST,
  LEASE_MS,
  newJob,
  newJobs,
  released,
  retry,
  snoozed,
  suspended,
  under,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Jobs that share a key run one at a time, in the order they were enqueued. */
export function orderingRules(home: TestHome): void {
  describe("ordering keys", () => {
    const rule = rulesOn(home);
    describe("order", () => orderRules(rule));
    describe("one at a time", () => turnRules(rule));
    describe("ends", () => endRules(rule));
    describe("others", () => otherRules(rule));
    describe("many at the same time", () => concurrentRules(rule));
  });
}

function line(count: number, given: Partial<NewJob> = {}): NewJob[] {
  return newJobs(count, { orderingKey: "o", ...given });
}

/** Claims and completes until nothing is left; what each claim gave. */
async function runAll(scene: Scene): Promise<readonly (readonly JobId[])[]> {
  const claims: JobId[][] = [];
  for (let held = await scene.claim(); held.length > 0; held = await scene.claim()) {
    claims.push(held.map(({ id }) => id));
    await scene.settleAll(held, COMPLETED);
  }
  return claims;
}

function orderRules(rule: Rule): void {
  rule(
    "jobs run one by one as they were enqueued, whatever their ids, classes and due times",
    async (scene) => {
      const jobs = line(4).reverse();
      const urgent = newJob({ orderingKey: "o", priority: "critical" });
      const early = newJob({ orderingKey: "o", runAtMs: 0 });
      await scene.store.enqueue(jobs);
      await scene.store.enqueue([urgent]);
      await scene.store.enqueue([early]);
      expect(await runAll(scene)).toEqual([...jobs, urgent, early].map(({ id }) => [id]));
    },
  );

  rule("a job in line is listed and counted like any that is queued", async (scene) => {
    const [first, second, third] = [...line(2), ...line(1, { delayMs: 5_000 })];
    await scene.store.enqueue([first, second, third].filter((job) => job !== undefined));
    expect(await scene.ids({ states: ["ready"] })).toEqual([second?.id, first?.id]);
    expect(await scene.ids({ states: ["scheduled"] })).toEqual([third?.id]);
    expect(await scene.queueCounts()).toEqual({ queued: 3 });
  });

  rule("one that is not due yet holds up those behind it", async (scene) => {
    await scene.store.enqueue([...line(1, { delayMs: 5_000 }), ...line(1)]);
    expect(await scene.claim()).toEqual([]);
    await scene.advance(5_000);
    expect(await runAll(scene)).toHaveLength(2);
  });
}

function turnRules(rule: Rule): void {
  rule(
    "the next one waits while the first runs, waits for its retry, for children, or to be rescued",
    async (scene) => {
      const [first, second] = line(2);
      await scene.store.enqueue([first, second].filter((job) => job !== undefined));
      const idle = async () => expect(await scene.claim()).toEqual([]);
      let held = await scene.claimOne();
      await idle();
      await scene.settle(held, retry(1_000));
      await idle();
      await scene.advance(1_000);
      held = await scene.claimOne();
      await scene.settle(held, released(true));
      held = await scene.claimOne();
      expect(held.id).toBe(first?.id);
      await scene.settle(held, suspended(), { spawn: [newJob({ queue: "children" })] });
      await idle();
      await scene.settle(await scene.claimOne({ queue: "children" }), COMPLETED);
      held = await scene.claimOne();
      await scene.advance(LEASE_MS);
      await scene.store.rescue({ limit: 10 });
      await idle();
      await scene.settle(await scene.claimSuspect(), COMPLETED);
      expect((await scene.claimOne()).id).toBe(second?.id);
    },
  );
}

function endRules(rule: Rule): void {
  rule("death lets the next one go", async (scene) => {
    await scene.store.enqueue(line(2));
    await scene.settle(await scene.claimOne(), dead());
    expect(await scene.claim()).toHaveLength(1);
  });

  rule(
    "a parent that dies of its children lets the next one go, and so does each above it",
    async (scene) => {
      const [first, second] = line(2);
      await scene.store.enqueue([first, second].filter((job) => job !== undefined));
      const parent = await scene.claimOne();
      await scene.settle(parent, under(FAIL_FAST), { spawn: [newJob({ queue: "middle" })] });
      const middle = await scene.claimOne({ queue: "middle" });
      await scene.settle(middle, under(FAIL_FAST), { spawn: [newJob({ queue: "children" })] });
      expect(await scene.claim()).toEqual([]);
      await scene.settle(await scene.claimOne({ queue: "children" }), dead());
      expect((await scene.row(parent.id)).state).toBe("dead");
      expect((await scene.claimOne()).id).toBe(second?.id);
    },
  );

  rule("a snoozed job keeps the next one waiting", async (scene) => {
    const [first] = line(2);
    await scene.store.enqueue([first, ...line(1)].filter((job) => job !== undefined));
    await scene.settle(await scene.claimOne(), snoozed(1_000));
    expect(await scene.claim()).toEqual([]);
    await scene.advance(1_000);
    expect((await scene.claimOne()).id).toBe(first?.id);
  });

  rule("a job given up as crashed lets the next one go", async (scene) => {
    const [first, second] = line(2, { maxRescues: 0 });
    await scene.store.enqueue([first, second].filter((job) => job !== undefined));
    await scene.claimOne();
    await scene.expire();
    await scene.claimSuspect();
    await scene.expire();
    expect((await scene.row(first?.id as JobId)).state).toBe("dead");
    expect((await scene.claimOne()).id).toBe(second?.id);
  });

  rule(
    "a job that expires lets the next one go, and one that expires in line only leaves it",
    async (scene) => {
      const [first, second, third] = [...line(2, { ttlMs: 1_000 }), ...line(1)];
      await scene.store.enqueue([first, second, third].filter((job) => job !== undefined));
      await scene.advance(1_000);
      expect(await scene.claim()).toEqual([]);
      await scene.store.expire({ limit: 1 });
      expect(await scene.claim()).toEqual([]);
      await scene.store.expire({ limit: 1 });
      expect((await scene.claimOne()).id).toBe(third?.id);
    },
  );

  rule("many keys ended in one call each let one go", async (scene) => {
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`);
    await scene.store.enqueue(keys.flatMap((orderingKey) => line(3, { orderingKey })));
    expect((await runAll(scene)).map((ids) => ids.length)).toEqual([40, 40, 40]);
  });

  rule("a key whose jobs have all ended begins anew", async (scene) => {
    for (const _ of [1, 2]) {
      await scene.store.enqueue(line(2));
      expect(await runAll(scene)).toHaveLength(2);
    }
  });
}

function otherRules(rule: Rule): void {
  rule("jobs of other keys and of none are not held up", async (scene) => {
    const others = [...newJobs(2), ...line(1, { orderingKey: "p" })];
    await scene.store.enqueue([...line(3), ...others]);
    expect(await scene.claim()).toHaveLength(4);
  });

  rule("a thousand jobs in line are none a claim looks at", async (scene) => {
    await scene.store.enqueue(line(1_000, { priority: "critical" }));
    await scene.store.enqueue(newJobs(20));
    expect(await scene.claim({ max: 30 })).toHaveLength(21);
    expect(await scene.claim({ max: 30 })).toEqual([]);
  });

  rule("children and coordinators have none", async (scene) => {
    const held = await scene.hold();
    const spawning = scene.settle(held, suspended(), { spawn: line(1) });
    await expect(spawning).rejects.toMatchObject({ code: "bad-usage" });
  });

  rule("a re-sent job keeps its place, and none that has ended comes back", async (scene) => {
    const [first, second] = line(2);
    if (!first || !second) throw new Error("two jobs were made");
    await scene.store.enqueue([first, second], { resend: true });
    await scene.settle(await scene.claimOne(), COMPLETED);
    const again = await scene.store.enqueue([first, second], { resend: true });
    expect(again.map(({ result }) => result)).toEqual(["exists", "exists"]);
    expect(await runAll(scene)).toEqual([[second.id]]);
  });

  rule("a replaced job keeps its place in line", async (scene) => {
    const unique = { key: "k", while: "live", onConflict: "replace" } as const;
    const [first, second, third] = [...line(1), ...line(1, { unique }), ...line(1)];
    await scene.store.enqueue([first, second, third].filter((job) => job !== undefined));
    await scene.store.enqueue(line(1, { unique, envelope: "0new" }));
    expect(await runAll(scene)).toEqual([[first?.id], [second?.id], [third?.id]]);
    expect((await scene.row(second?.id as JobId)).envelope).toBe("0new");
  });
}

function concurrentRules(rule: Rule): void {
  rule("enqueues and ends at the same time leave one job running and none forgotten", async (scene) => {
    const done: JobId[] = [];
    const sent: JobId[][] = [[], [], []];
    const send = async (client: number) => {
      for (let round = 0; round < 12; round += 1) {
        const [job] = line(1);
        if (job === undefined) continue;
        await scene.store.enqueue([job]);
        sent[client]?.push(job.id);
      }
    };
    const work = async () => {
      for (let idle = 0; idle < 400 && done.length < 36; idle += 1) {
        const held = await scene.claim({ max: 5 });
        expect(held.length).toBeLessThanOrEqual(1);
        const [job] = held;
        if (job === undefined) continue;
        await scene.settle(job, COMPLETED);
        done.push(job.id);
      }
    };
    await Promise.all([send(0), send(1), send(2), work(), work()]);
    expect(done).toHaveLength(36);
    for (const ids of sent) expect(done.filter((id) => ids.includes(id))).toEqual(ids);
    expect(await scene.queueCounts()).toEqual({ completed: 36 });
  });
}
