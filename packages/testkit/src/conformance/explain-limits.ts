/** Rules of `explain` for jobs that were put off, by a limit or by a snooze. */
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, newJob, released, retry, snoozed } from "./builders.ts";
import { codes, employ, explained, LIMIT_KEY, limited } from "./explained.ts";
import { type Rule, rulesOn } from "./rule.ts";

/** Of jobs under limits. */
export function explainLimitRules(home: TestHome): void {
  describe("explain", () => {
    const rule = rulesOn(home);
    describe("jobs under limits", () => limitRules(rule));
  });
}

function limitRules(rule: Rule): void {
  rule("a limit until when, and why, while it is held", async (scene) => {
    const id = await limited(scene);
    const [facts] = await scene.store.explain([id]);
    const [now, untilMs] = [facts?.nowMs ?? 0, (facts?.nowMs ?? 0) + 30_000];
    expect(facts?.putOff).toEqual({
      limit: LIMIT_KEY,
      reason: "asked to wait",
      hold: { untilMs, reason: "429 from the endpoint" },
    });
    const until = new Date(untilMs).toISOString();
    const { reasons } = await explained(scene, id);
    expect(reasons).toMatchObject([
      { code: "limited", key: LIMIT_KEY, until, reason: "429 from the endpoint" },
      { code: "not-before", at: new Date(now + 31_000).toISOString() },
    ]);
    expect(reasons[0]?.says).toBe(`limit ${LIMIT_KEY} until ${until} (in 30 s): 429 from the endpoint`);
  });

  rule("a limit that is longer held than the job was put off for stands before it still", async (scene) => {
    const id = await limited(scene);
    await scene.store.hold([{ key: LIMIT_KEY, forMs: 90_000 }]);
    await scene.advance(31_000);
    expect((await explained(scene, id)).reasons).toMatchObject([{ code: "limited", reason: null }]);
  });

  rule(
    "a limit that is let go, or over, is no reason; why the job was put off is, until it is due",
    async (scene) => {
      const id = await limited(scene);
      await scene.store.hold([{ key: LIMIT_KEY, forMs: 0 }]);
      const { reasons } = await explained(scene, id);
      expect(reasons).toMatchObject([{ code: "snoozed", limit: LIMIT_KEY, reason: "asked to wait" }]);
      await scene.advance(31_000);
      expect(await codes(scene, id)).toEqual(["next"]);
    },
  );

  rule("a snooze without a limit says why; one that says nothing is a time to come", async (scene) => {
    await employ(scene);
    const [told, silent] = [await scene.hold(), await scene.hold()];
    await scene.settle(told, snoozed(5_000, { reason: "the mailbox is locked" }));
    await scene.settle(silent, snoozed(5_000));
    expect((await explained(scene, told.id)).reasons).toMatchObject([
      { code: "snoozed", limit: null, reason: "the mailbox is locked" },
    ]);
    expect(await codes(scene, silent.id)).toEqual(["not-before"]);
  });

  rule(
    "what a job was put off for is gone when it starts again, however that attempt ends",
    async (scene) => {
      const endings = [released(true), released(false), snoozed(0), retry(0)] as const;
      for (const outcome of endings) {
        const id = await limited(scene);
        await scene.advance(31_000);
        await scene.store.hold([{ key: LIMIT_KEY, forMs: 30_000 }]);
        const again = await scene.claimOne();
        expect((await scene.store.explain([id]))[0]?.putOff).toBeUndefined();
        await scene.settle(again, outcome);
        expect((await scene.store.explain([id]))[0]?.putOff).toBeUndefined();
        await scene.settle(await scene.claimOne(), COMPLETED);
      }
      const id = await limited(scene);
      await scene.advance(31_000);
      await scene.claimOne();
      await scene.expire();
      expect((await scene.store.explain([id]))[0]?.putOff).toBeUndefined();
    },
  );

  rule("a job that lives again, or does another's work, was never put off", async (scene) => {
    const unique = { key: "k", while: "live", onConflict: "replace" } as const;
    const id = await limited(scene, { unique });
    await scene.store.enqueue([newJob({ unique })]);
    expect(await codes(scene, id)).toEqual(["next"]);
    const other = await limited(scene, { queue: "other" });
    await scene.store.cancel([other]);
    await scene.store.retry([other]);
    expect((await scene.store.explain([other]))[0]?.putOff).toBeUndefined();
  });

  rule("an operator may have it run at once, and what holds its limit is said still", async (scene) => {
    const id = await limited(scene);
    await scene.store.retry([id]);
    expect(await codes(scene, id)).toEqual(["limited"]);
  });

  rule("a note that no store keeps is refused", async (scene) => {
    const job = await scene.hold();
    for (const note of [{ limit: "" }, { reason: "a\0" }, { reason: "r".repeat(501) }]) {
      await expect(scene.settle(job, snoozed(0, note))).rejects.toMatchObject({ code: "bad-input" });
    }
    expect((await scene.row(job.id)).state).toBe("running");
  });
}
