/** Rules of events. */
import type { JobId, Transition } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FAIL_FAST,
  item,
  newJob,
  newJobs,
  newStep,
  nextId,
  QUEUE,
  released,
  retry,
  settlementOf,
  snoozed,
  suspended,
  under,
  WAIT_ALL,
} from "./builders.ts";
import { concurrencyRules, positionRules, resetRules } from "./events-order.ts";
import { latest, readAll } from "./read-events.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What happened is read in order, from any position, none of it twice and none of it never. */
export function eventRules(home: TestHome): void {
  describe("events", () => {
    const rule = rulesOn(home);
    describe("what they tell", () => tellingRules(rule));
    describe("positions", () => positionRules(rule));
    describe("written while they are read", () => concurrencyRules(rule));
    describe("what is no longer kept", () => resetRules(rule));
  });
}

/** The kinds of one job's events. */
async function kindsOf(scene: Scene, id: JobId): Promise<string[]> {
  return (await readAll(scene)).filter((event) => event.job === id).map((event) => event.kind);
}

function tellingRules(rule: Rule): void {
  rule("a job's transitions are told in order, with when, and what names the job", async (scene) => {
    const job = await scene.add({ queue: "mail", name: "send", tenant: "acme", delayMs: 5 });
    await scene.advance(5);
    const claim = { queue: "mail", names: ["send"] };
    await scene.settle(await scene.claimOne(claim), retry(10));
    await scene.advance(10);
    await scene.settle(await scene.claimOne(claim), released(true));
    await scene.settle(await scene.claimOne(claim), COMPLETED);
    const events = await readAll(scene);
    expect(events.map(({ kind }) => kind)).toEqual([
      "enqueued",
      "claimed",
      "retrying",
      "claimed",
      "released",
      "claimed",
      "completed",
    ]);
    const { createdAtMs } = await scene.row(job.id);
    expect(events.map(({ atMs }) => atMs - createdAtMs)).toEqual([0, 5, 5, 15, 15, 15, 15]);
    for (const event of events) {
      expect(event).toMatchObject({ job: job.id, queue: "mail", name: "send", tenant: "acme" });
    }
  });

  for (const [kind, happen] of Object.entries(HAPPENINGS)) {
    rule(`${kind} is told, of the jobs it happened to and of no other`, async (scene) => {
      await scene.add({ queue: "elsewhere" });
      const ids = await happen(scene);
      const told = (await readAll(scene)).filter((event) => event.kind === kind).map(({ job }) => job);
      const expected = kind === "enqueued" ? await scene.ids({}) : ids;
      expect(told.toSorted()).toEqual([...expected].toSorted());
    });
  }

  rule("several kinds in one call are told apart", async (scene) => {
    await scene.store.enqueue(newJobs(7));
    const [a, b, c, d, e, f, g] = await scene.claim();
    if (!a || !b || !c || !d || !e || !f || !g) throw new Error("seven jobs were claimed");
    const settlements = [
      settlementOf(a, COMPLETED),
      settlementOf(b, dead()),
      settlementOf(c, retry(1)),
      settlementOf(d, released(true)),
      settlementOf(e, suspended(), { spawn: [newJob({ queue: "children" })] }),
      settlementOf(f, COMPLETED),
      settlementOf(g, snoozed(1)),
    ];
    const before = await latest(scene);
    await scene.store.settle(settlements);
    const told = Object.fromEntries(
      (await readAll(scene, before))
        .filter(({ queue }) => queue === QUEUE)
        .map(({ job, kind }) => [job, kind]),
    );
    expect(told).toEqual({
      [a.id]: "completed",
      [b.id]: "dead",
      [c.id]: "retrying",
      [d.id]: "released",
      [e.id]: "waiting",
      [f.id]: "completed",
      [g.id]: "snoozed",
    });
  });

  rule("a suspended job whose children are done already is woken, and nothing else", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, suspended());
    expect(await kindsOf(scene, held.id)).toEqual(["enqueued", "claimed", "woken"]);
  });

  rule(
    "a parent that waits under a policy is told as woken, or as dead where that can no longer be met",
    async (scene) => {
      for (const [policy, last] of [
        [WAIT_ALL, "woken"],
        [FAIL_FAST, "dead"],
      ] as const) {
        const parent = await scene.hold();
        await scene.settle(parent, under(policy), { spawn: [newJob({ queue: "children" })] });
        await scene.settleAll(await scene.claim({ queue: "children" }), dead());
        expect(await kindsOf(scene, parent.id)).toEqual(["enqueued", "claimed", "waiting", last]);
        await scene.claim();
      }
    },
  );

  rule("refused, fenced and repeated calls tell nothing", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, COMPLETED);
    const before = await latest(scene);
    await scene.settle(held, COMPLETED);
    await scene.settle({ id: nextId(), token: held.token }, COMPLETED);
    await scene.store.enqueue([newJob({ id: held.id })], { resend: true });
    await expect(scene.store.enqueue([newJob({ name: "\0" })])).rejects.toThrow();
    await scene.claim();
    await scene.store.rescue({ limit: 10 });
    expect(await readAll(scene, before)).toEqual([]);
  });

  rule("of a re-send, the jobs that are new are told", async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, COMPLETED);
    const before = await latest(scene);
    const [fresh] = newJobs(1);
    if (fresh === undefined) throw new Error("one job was made");
    await scene.store.enqueue([newJob({ id: held.id }), fresh], { resend: true });
    expect((await readAll(scene, before)).map(({ job, kind }) => [job, kind])).toEqual([
      [fresh.id, "enqueued"],
    ]);
  });

  rule("items written to the ledger are no events, nor do they stand in the way of any", async (scene) => {
    const held = await scene.hold();
    const before = await latest(scene);
    for (let write = 1; write <= 5; write += 1) {
      await scene.save(held, {
        write,
        step: newStep(),
        items: [item("a"), item("b")],
        counters: { read: 2 },
      });
    }
    await scene.settle(held, COMPLETED);
    for (const limit of [1, 2, 100]) {
      expect((await readAll(scene, before, limit)).map(({ kind }) => kind)).toEqual(["completed"]);
    }
  });

  rule("jobs a queue has no room for are no events, nor do they stand in the way of any", async (scene) => {
    await scene.store.configureQueue(QUEUE, { capacity: 0 });
    const before = await latest(scene);
    for (let call = 0; call < 5; call += 1) await scene.store.enqueue([newJob()]);
    expect(await readAll(scene, before)).toEqual([]);
    const { id } = await scene.add({ queue: "elsewhere" });
    for (const limit of [1, 2, 100]) {
      expect((await readAll(scene, before, limit)).map(({ job }) => job)).toEqual([id]);
    }
  });
}

/** How each kind comes about; gives the jobs it happened to. */
const HAPPENINGS: Partial<Record<Transition, (scene: Scene) => Promise<readonly JobId[]>>> = {
  enqueued: async (scene) => [(await scene.add()).id],
  claimed: async (scene) => {
    await scene.store.enqueue(newJobs(3));
    return (await scene.claim({ max: 2 })).map((job) => job.id);
  },
  completed: (scene) => settled(scene, COMPLETED),
  dead: async (scene) => {
    const died = await settled(scene, dead());
    const crashed = await scene.hold({ queue: "fatal", maxRescues: 0 });
    await scene.expire();
    await scene.claimSuspect({ queue: "fatal" });
    await scene.expire();
    return [...died, crashed.id];
  },
  retrying: (scene) => settled(scene, retry(0)),
  snoozed: (scene) => settled(scene, snoozed(1_000)),
  released: (scene) => settled(scene, released(false)),
  waiting: async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, suspended(), { spawn: newJobs(2, { queue: "children" }) });
    return [held.id];
  },
  woken: async (scene) => {
    const held = await scene.hold();
    await scene.settle(held, suspended(), { spawn: newJobs(2, { queue: "children" }) });
    await scene.settleAll(await scene.claim({ queue: "children" }), COMPLETED);
    return [held.id];
  },
  replaced: async (scene) => {
    const unique = { key: "k", while: "live", onConflict: "replace" } as const;
    const { id } = await scene.add({ unique });
    await scene.store.enqueue([newJob({ unique, priority: "high" }), newJob({ queue: "elsewhere" })]);
    return [id];
  },
  expired: async (scene) => {
    const jobs = newJobs(2, { ttlMs: 10 });
    await scene.store.enqueue([...jobs, newJob({ ttlMs: 11 })]);
    await scene.advance(10);
    await scene.store.expire({ limit: 10 });
    return jobs.map(({ id }) => id);
  },
  rescued: async (scene) => {
    const held = await scene.hold();
    await scene.expire();
    return [held.id];
  },
  cancelled: async (scene) => {
    const [running, vanished] = [await scene.hold(), await scene.hold({ queue: "fatal" })];
    const { id } = await scene.add();
    await scene.store.cancel([id, running.id, vanished.id]);
    await scene.settle(running, COMPLETED);
    await scene.expire();
    return [id, running.id, vanished.id];
  },
  replayed: async (scene) => {
    const ids = [...(await settled(scene, COMPLETED)), ...(await settled(scene, dead()))];
    const { id } = await scene.add({ delayMs: 1_000 });
    await scene.store.retry([...ids, id]);
    return ids;
  },
  deleted: async (scene) => {
    const ids = [...(await settled(scene, COMPLETED)), ...(await settled(scene, dead()))];
    await scene.store.delete(ids.slice(0, 1));
    await scene.store.cleanUp({ olderThanMs: 0, states: ["completed", "dead"], limit: 10 });
    return ids;
  },
};

async function settled(scene: Scene, outcome: Parameters<Scene["settle"]>[1]): Promise<readonly JobId[]> {
  await scene.store.enqueue(newJobs(3));
  const held = await scene.claim({ max: 2 });
  await scene.settleAll(held, outcome);
  return held.map((job) => job.id);
}
