/** Rules of settle: tokens, re-sends and races. */
import type { HolderAnswer, Outcome, Settlement } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import {
  COMPLETED,
  dead,
  FOREIGN_TOKEN,
  item,
  LEASE_MS,
  newJob,
  newJobs,
  newStep,
  nextId,
  released,
  retry,
  settlementOf,
  suspended,
} from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Who may settle, and how often. */
export function settleFenceRules(home: TestHome): void {
  describe("settle, behind the fence", () => {
    const rule = rulesOn(home);
    describe("stale tokens", () => staleRules(rule));
    describe("re-sent settlements", () => resendRules(rule));
    describe("races", () => raceRules(rule));
  });
}

const OUTCOMES: readonly Outcome[] = [COMPLETED, dead(), retry(0), retry(500), released(true), suspended()];

/** Everything a listing and the counters show. */
async function picture(scene: Scene): Promise<unknown> {
  const jobs = await scene.store.find({}, { limit: 1_000 });
  return { jobs: jobs.rows, work: await scene.queueCounts(), children: await scene.queueCounts("children") };
}

function staleRules(rule: Rule): void {
  rule("a stale token cannot settle, whatever the outcome", async (scene) => {
    const stale = await scene.hold();
    await scene.expire();
    await scene.claimSuspect();
    const before = await picture(scene);
    for (const outcome of OUTCOMES) expect(await scene.settle(stale, outcome)).toBe("fenced");
    expect(await picture(scene)).toEqual(before);
  });

  rule("what a fenced settlement carries is not applied either", async (scene) => {
    const stale = await scene.hold();
    await scene.expire();
    const before = await picture(scene);
    const step = newStep();
    const given = {
      checkpoint: "stale",
      spawn: [newJob({ queue: "children" })],
      step,
      items: [item("a")],
      counters: { read: 1 },
    };
    expect(await scene.settle(stale, COMPLETED, given)).toBe("fenced");
    expect(await picture(scene)).toEqual(before);
    expect(await scene.items(step)).toEqual([]);
    expect(await scene.stepCounts(step)).toEqual({});
  });

  rule("a rescued job's token is fenced before anyone claims it again", async (scene) => {
    const held = await scene.hold();
    await scene.expire();
    expect(await scene.settle(held, COMPLETED)).toBe("fenced");
    expect((await scene.row(held.id)).state).toBe("ready");
  });

  rule("a job given up as crashed fences its last holder", async (scene) => {
    await scene.hold({ maxRescues: 0 });
    await scene.expire();
    const last = await scene.claimSuspect();
    await scene.expire();
    expect((await scene.row(last.id)).state).toBe("dead");
    expect(await scene.settle(last, COMPLETED)).toBe("fenced");
    expect((await scene.row(last.id)).state).toBe("dead");
  });

  rule("a token settled before the last one is fenced, live or finished", async (scene) => {
    const first = await scene.hold();
    await scene.settle(first, retry(0));
    const second = await scene.claimOne();
    await scene.settle(second, retry(0));
    expect(await scene.settle(first, retry(0))).toBe("fenced");
    const third = await scene.claimOne();
    await scene.settle(third, COMPLETED);
    expect(await scene.settle(first, retry(0))).toBe("fenced");
    expect(await scene.settle(second, retry(0))).toBe("fenced");
    expect(await scene.settle(third, COMPLETED)).toBe("already-applied");
  });

  rule("an unknown job, a foreign token and another job's token are fenced", async (scene) => {
    const [held, other] = [await scene.hold(), await scene.hold()];
    expect(await scene.settle({ id: nextId(), token: held.token }, COMPLETED)).toBe("fenced");
    expect(await scene.settle({ id: held.id, token: FOREIGN_TOKEN }, COMPLETED)).toBe("fenced");
    const swapped = [
      settlementOf({ id: held.id, token: other.token }, COMPLETED),
      settlementOf({ id: other.id, token: held.token }, dead()),
    ];
    expect(await scene.store.settle(swapped)).toEqual(["fenced", "fenced"]);
    expect(await scene.queueCounts()).toEqual({ running: 2 });
  });

  rule("a job never claimed cannot be settled", async (scene) => {
    const [ready, scheduled] = [await scene.add(), await scene.add({ delayMs: 10 })];
    for (const { id } of [ready, scheduled]) {
      expect(await scene.settle({ id, token: FOREIGN_TOKEN }, COMPLETED)).toBe("fenced");
    }
    expect(await scene.queueCounts()).toEqual({ queued: 2 });
  });

  rule("a settlement past the deadline is applied until the job is rescued", async (scene) => {
    const [early, late] = [await scene.hold(), await scene.hold()];
    await scene.advance(LEASE_MS * 3);
    expect(await scene.settle(early, COMPLETED)).toBe("applied");
    await scene.store.rescue({ limit: 10 });
    expect(await scene.settle(late, COMPLETED)).toBe("fenced");
    expect(await scene.queueCounts()).toEqual({ completed: 1, queued: 1 });
  });
}

function resendRules(rule: Rule): void {
  rule(
    "a re-sent settlement is already applied, whatever the outcome, and changes nothing",
    async (scene) => {
      for (const outcome of OUTCOMES) {
        const held = await scene.hold({ name: `${outcome.kind} ${JSON.stringify(outcome)}` });
        expect(await scene.settle(held, outcome)).toBe("applied");
        const before = await picture(scene);
        await scene.advance(1);
        expect(await scene.settle(held, outcome)).toBe("already-applied");
        const after = await picture(scene);
        if (outcome.kind !== "retry") expect(after).toEqual(before);
        expect(await scene.row(held.id)).toMatchObject({ attempts: countsAttempt(outcome) ? 1 : 0 });
      }
    },
  );

  rule("a re-sent settlement of a waiting parent is already applied", async (scene) => {
    const parent = await scene.hold();
    const settlement = settlementOf(parent, suspended(), { spawn: [newJob({ queue: "children" })] });
    expect(await scene.store.settle([settlement])).toEqual(["applied"]);
    const before = await picture(scene);
    expect(await scene.store.settle([settlement])).toEqual(["already-applied"]);
    expect(await picture(scene)).toEqual(before);
  });

  rule("it is already applied even when the job runs again", async (scene) => {
    const first = await scene.hold();
    await scene.settle(first, retry(0));
    const second = await scene.claimOne();
    expect(await scene.settle(first, retry(0))).toBe("already-applied");
    expect(await scene.settle(second, COMPLETED)).toBe("applied");
    expect(await scene.row(first.id)).toMatchObject({ state: "completed", attempts: 2 });
  });

  rule("a rescue in between does not make the last settlement forgotten", async (scene) => {
    const first = await scene.hold();
    await scene.settle(first, released(true));
    await scene.claimOne();
    await scene.expire();
    expect(await scene.settle(first, released(true))).toBe("already-applied");
  });

  rule("what it carries is not applied twice", async (scene) => {
    const step = newStep();
    const settlement = settlementOf(await scene.hold(), COMPLETED, {
      spawn: [newJob({ queue: "children" })],
      step,
      items: [item("a", "done", { tally: { pages: 2 } })],
      counters: { read: 1 },
    });
    await scene.store.settle([settlement]);
    const child = await scene.claimOne({ queue: "children" });
    await scene.settle(child, COMPLETED);
    expect(await scene.store.settle([settlement])).toEqual(["already-applied"]);
    expect(await scene.queueCounts("children")).toEqual({ completed: 1 });
    expect(await scene.stepCounts(step)).toEqual({ done: 1, pages: 2, read: 1 });
  });

  rule("a settlement's write number decides nothing: the token alone does", async (scene) => {
    const held = await scene.hold();
    await scene.save(held, { write: 4, checkpoint: "saved" });
    expect(await scene.settle(held, COMPLETED, { write: 4, checkpoint: "last" })).toBe("applied");
    expect(await scene.row(held.id)).toMatchObject({ state: "completed", checkpoint: "last" });
    expect(await scene.settle(held, COMPLETED, { write: 5 })).toBe("already-applied");
  });

  rule("each settlement of a call is answered for itself, in order", async (scene) => {
    const [fresh, settled, waiting] = [await scene.hold(), await scene.hold(), await scene.hold()];
    const stale = await scene.hold({ name: "stale" });
    await scene.settle(settled, dead());
    await scene.settle(waiting, suspended(), { spawn: [newJob({ queue: "children" })] });
    await scene.settle(stale, retry(0));
    await scene.settle(await scene.claimOne({ names: ["stale"] }), retry(0));
    const unknown = { id: nextId<typeof fresh.id>(), token: FOREIGN_TOKEN };
    const settlements: Settlement[] = [waiting, stale, fresh, unknown, settled].map((job) =>
      settlementOf(job, COMPLETED),
    );
    expect(await scene.store.settle(settlements)).toEqual([
      "already-applied",
      "fenced",
      "applied",
      "fenced",
      "already-applied",
    ]);
    expect(await scene.queueCounts()).toEqual({ completed: 1, dead: 1, waiting: 1, queued: 1 });
  });
}

function countsAttempt(outcome: Outcome): boolean {
  return outcome.kind === "completed" || outcome.kind === "dead" || outcome.kind === "retry";
}

function raceRules(rule: Rule): void {
  rule("of overlapping settlements one is applied, the others are already applied", async (scene) => {
    await scene.store.enqueue(newJobs(50));
    const held = await scene.claim();
    const rounds = await Promise.all(Array.from({ length: 4 }, () => scene.settleAll(held, COMPLETED)));
    for (const index of held.keys()) {
      const answers = rounds.map((round) => round[index]).toSorted();
      expect(answers).toEqual(["already-applied", "already-applied", "already-applied", "applied"]);
    }
    expect(await scene.queueCounts()).toEqual({ completed: 50 });
  });

  rule("overlapping batches in opposite orders end every job once", async (scene) => {
    await scene.store.enqueue(newJobs(100));
    const held = await scene.claim();
    const answers = await Promise.all([
      scene.settleAll(held, COMPLETED),
      scene.settleAll(held.toReversed(), COMPLETED),
    ]);
    const applied = answers.flat().filter((answer: HolderAnswer) => answer === "applied");
    expect(applied).toHaveLength(100);
    expect(await scene.queueCounts()).toEqual({ completed: 100 });
  });

  rule("settling races rescue: either the settlement is applied or the job is taken back", async (scene) => {
    await scene.store.enqueue(newJobs(40));
    const held = await scene.claim();
    await scene.advance(LEASE_MS);
    const [settled, report] = await Promise.all([
      Promise.all(held.map((job) => scene.settle(job, COMPLETED))),
      scene.store.rescue({ limit: 10 }),
    ]);
    const applied = settled.filter((answer) => answer === "applied").length;
    expect(settled.filter((answer) => answer === "fenced")).toHaveLength(40 - applied);
    expect(applied + report.ready).toBe(40);
    const { completed = 0, queued = 0 } = await scene.queueCounts();
    expect({ completed, queued }).toEqual({ completed: applied, queued: report.ready });
  });
}
