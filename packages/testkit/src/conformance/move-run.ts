/** Rules of moveRun. */
import type { RunId, RunState } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, FOREIGN_TOKEN, newJob, newRun, nextId, retry } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** Compare and set on a run's state, fenced by its holder's token. */
export function moveRunRules(home: TestHome): void {
  describe("move-run", () => {
    const rule = rulesOn(home);
    describe("states", () => stateRules(rule));
    describe("the holder", () => holderRules(rule));
  });
}

async function start(scene: Scene, given: Parameters<typeof newRun>[0] = {}): Promise<RunId> {
  const run = newRun(given);
  await scene.store.startRun(run, newJob({ run: run.id }));
  return run.id;
}

function stateRules(rule: Rule): void {
  rule("a run moves only from a state that is named", async (scene) => {
    const run = await start(scene);
    expect(await scene.store.moveRun({ run, from: ["paused", "starting"], to: "running" })).toBe("conflict");
    expect(await scene.store.moveRun({ run, from: [], to: "paused" })).toBe("conflict");
    expect((await scene.run({ ids: [run] })).state).toBe("running");
    expect(await scene.store.moveRun({ run, from: ["paused", "running"], to: "paused" })).toBe("applied");
    expect((await scene.run({ ids: [run] })).state).toBe("paused");
  });

  rule("an unknown run is not found", async (scene) => {
    expect(await scene.store.moveRun({ run: nextId(), from: ["running"], to: "paused" })).toBe("not-found");
  });

  rule("what a run produced is kept with its end", async (scene) => {
    const run = await start(scene);
    const before = await scene.run({ ids: [run] });
    await scene.advance(300);
    const result = '{"text":"\\u0000 😀 \'quoted\'","__proto__":1}';
    expect(await scene.store.moveRun({ run, from: ["running"], to: "completed", result })).toBe("applied");
    expect(await scene.run({ ids: [run] })).toEqual({
      ...before,
      state: "completed",
      finishedAtMs: before.createdAtMs + 300,
      updatedAtMs: before.createdAtMs + 300,
      result,
    });
  });

  rule("what failed a run is kept with its end", async (scene) => {
    const run = await start(scene);
    const error = '{"message":"broken"}';
    await scene.store.moveRun({ run, from: ["running"], to: "failed", error });
    const row = await scene.run({ ids: [run] });
    expect(row).toMatchObject({ state: "failed", error, finishedAtMs: row.createdAtMs });
    expect(row.result).toBeUndefined();
  });

  rule("a move that carries no result or error keeps the one before", async (scene) => {
    const run = await start(scene);
    await scene.store.moveRun({ run, from: ["running"], to: "paused", result: "1", error: "2" });
    await scene.store.moveRun({ run, from: ["paused"], to: "cancelled" });
    expect(await scene.run({ ids: [run] })).toMatchObject({ state: "cancelled", result: "1", error: "2" });
  });

  rule("only finished states have a finish time", async (scene) => {
    const run = await start(scene);
    const states: RunState[] = [
      "paused",
      "completed",
      "running",
      "partial",
      "starting",
      "failed",
      "cancelled",
    ];
    let from: RunState = "running";
    for (const to of states) {
      expect(await scene.store.moveRun({ run, from: [from], to })).toBe("applied");
      const finished = to === "completed" || to === "partial" || to === "failed" || to === "cancelled";
      expect((await scene.run({ ids: [run] })).finishedAtMs !== undefined).toBe(finished);
      from = to;
    }
  });

  rule("a run does not become active again beside another of its instance", async (scene) => {
    const old = await start(scene);
    await scene.store.moveRun({ run: old, from: ["running"], to: "failed" });
    const active = await start(scene);
    expect(await scene.store.moveRun({ run: old, from: ["failed"], to: "running" })).toBe("conflict");
    expect((await scene.run({ ids: [old] })).state).toBe("failed");
    await scene.store.moveRun({ run: active, from: ["running"], to: "failed" });
    expect(await scene.store.moveRun({ run: old, from: ["failed"], to: "running" })).toBe("applied");
  });

  rule("of overlapping moves one is applied", async (scene) => {
    const run = await start(scene);
    const targets: RunState[] = ["completed", "failed", "cancelled", "partial", "paused"];
    const answers = await Promise.all(
      targets.map((to) => scene.store.moveRun({ run, from: ["running"], to })),
    );
    expect(answers.filter((answer) => answer === "applied")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "conflict")).toHaveLength(4);
    expect((await scene.run({ ids: [run] })).state).toBe(targets[answers.indexOf("applied")]);
  });
}

function holderRules(rule: Rule): void {
  rule("the holder moves its run", async (scene) => {
    const run = await start(scene);
    const holder = await scene.claimOne();
    expect(await scene.store.moveRun({ run, from: ["running"], to: "completed", holder })).toBe("applied");
    expect(await scene.settle(holder, COMPLETED)).toBe("applied");
  });

  rule("a stale holder is fenced and changes nothing", async (scene) => {
    const run = await start(scene);
    const stale = await scene.claimOne();
    await scene.expire();
    const move = { run, from: ["running"], to: "completed", result: "stale" } as const;
    expect(await scene.store.moveRun({ ...move, holder: stale })).toBe("fenced");
    const holder = await scene.claimSuspect();
    expect(await scene.store.moveRun({ ...move, holder: stale })).toBe("fenced");
    const row = await scene.run({ ids: [run] });
    expect(row.state).toBe("running");
    expect(row.result).toBeUndefined();
    expect(await scene.store.moveRun({ ...move, holder })).toBe("applied");
  });

  rule(
    "a settled or foreign token is fenced, even where the state would not allow the move",
    async (scene) => {
      const run = await start(scene);
      const settled = await scene.claimOne();
      await scene.settle(settled, retry(0));
      const holders = [
        settled,
        { id: settled.id, token: FOREIGN_TOKEN },
        { id: nextId<typeof settled.id>(), token: settled.token },
      ];
      for (const holder of holders) {
        expect(await scene.store.moveRun({ run, from: ["running"], to: "paused", holder })).toBe("fenced");
        expect(await scene.store.moveRun({ run, from: ["paused"], to: "running", holder })).toBe("fenced");
      }
    },
  );

  rule("a current holder still meets a conflict or an unknown run", async (scene) => {
    const run = await start(scene);
    const holder = await scene.claimOne();
    expect(await scene.store.moveRun({ run, from: ["paused"], to: "running", holder })).toBe("conflict");
    const move = { run: nextId<RunId>(), from: ["running"], to: "paused", holder } as const;
    expect(await scene.store.moveRun(move)).toBe("not-found");
  });
}
