/** Rules of settle for what workers send most: calls of completions that measured what every attempt does. */
import type { ClaimedJob, HolderAnswer, Settlement } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, FOREIGN_TOKEN, newJobs, settlementOf, under, WAIT_ALL } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** A call of completions does with each what it would do with it alone. */
export function completionRules(home: TestHome): void {
  describe("completions that measured", () => {
    const rule = rulesOn(home);
    describe("of jobs nobody waits for", () => plainRules(rule));
    describe("of jobs that others wait for", () => awaitedRules(rule));
  });
}

type Held = Pick<ClaimedJob, "id" | "token">;

function completionOf({ id, token }: Held): Settlement {
  const measures = { ran: 1, waitMs: 2, runMs: 3 };
  return settlementOf({ id, token }, COMPLETED, { record: `{"of":"${id}"}`, measures });
}

async function complete(scene: Scene, ...held: readonly Held[]): Promise<readonly HolderAnswer[]> {
  return scene.store.settle(held.map(completionOf));
}

function plainRules(rule: Rule): void {
  rule("in any order: each keeps its own record, and what they measured adds up", async (scene) => {
    const [one, two, three] = [await scene.hold(), await scene.hold(), await scene.hold()];
    expect(await complete(scene, two, three, one)).toEqual(["applied", "applied", "applied"]);
    expect(await scene.queueCounts()).toEqual({ completed: 3, ran: 3, waitMs: 6, runMs: 9 });
    for (const { id } of [one, two, three])
      expect((await scene.row(id)).records).toMatch(new RegExp(`^\\d+ {"of":"${id}"}$`));
  });

  rule("a fenced, a repeated and a cancelled one among them", async (scene) => {
    const [fenced, repeated, cancelled] = [await scene.hold(), await scene.hold(), await scene.hold()];
    const last = await scene.hold();
    await complete(scene, repeated);
    await scene.store.cancel([cancelled.id]);
    const stale = { id: fenced.id, token: FOREIGN_TOKEN };
    const answers = await complete(scene, stale, repeated, cancelled, last);
    expect(answers).toEqual(["fenced", "already-applied", "applied-as-cancelled", "applied"]);
    expect(await scene.queueCounts()).toMatchObject({ running: 1, completed: 2, cancelled: 1, ran: 3 });
    expect(await complete(scene, fenced)).toEqual(["applied"]);
  });
}

function awaitedRules(rule: Rule): void {
  rule("the first of a line among them: the next goes, call after call", async (scene) => {
    const line = newJobs(12, { orderingKey: "o" });
    await scene.store.enqueue(line);
    for (const { id } of line) {
      const first = await scene.claimOne();
      expect(first.id).toBe(id);
      expect(await complete(scene, await scene.hold(), first)).toEqual(["applied", "applied"]);
    }
    expect(await scene.queueCounts()).toMatchObject({ completed: 24, ran: 24 });
  });

  rule("all children of a parent among them: it wakes", async (scene) => {
    const parent = await scene.hold();
    await scene.settle(parent, under(WAIT_ALL), { spawn: newJobs(2, { queue: "children" }) });
    const children = await scene.claim({ queue: "children" });
    const answers = await complete(scene, await scene.hold(), ...children);
    expect(answers).toEqual(["applied", "applied", "applied"]);
    const { id, children: tally } = await scene.claimOne();
    expect({ id, tally }).toEqual({ id: parent.id, tally: { total: 2, completed: 2, failed: 0 } });
  });
}
