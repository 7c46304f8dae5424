/** Rules of deadLetters, deadGroups and deadDepths: looking at what died. */
import type { ClaimedJob, NewJob } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJobs } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** What dead letters are shown as. */
export function deadRules(home: TestHome): void {
  describe("dead letters", () => {
    const rule = rulesOn(home);
    describe("one by one", () => letterRules(rule));
    describe("in groups", () => groupRules(rule));
    describe("depths", () => depthRules(rule));
  });
}

/** So many jobs that die now, alike. */
export async function die(
  scene: Scene,
  count: number,
  { fingerprint = "f00d", ...given }: Partial<NewJob> & { readonly fingerprint?: string } = {},
): Promise<readonly ClaimedJob[]> {
  const jobs = newJobs(count, given);
  await scene.store.enqueue(jobs);
  const held = await scene.claim({ queue: given.queue ?? "work", names: [given.name ?? "task"] });
  await scene.settleAll(held, dead(fingerprint));
  return held;
}

async function dieOne(scene: Scene, given: Partial<NewJob> = {}): Promise<ClaimedJob> {
  const [job] = await die(scene, 1, given);
  if (job === undefined) throw new Error("one was to be claimed");
  return job;
}

function letterRules(rule: Rule): void {
  rule("lists what died, last first, with all that is known of each", async (scene) => {
    const first = await dieOne(scene, { envelope: "0first" });
    await scene.advance(10);
    const second = await dieOne(scene);
    await scene.settle(await scene.hold(), COMPLETED);
    await scene.add();
    const { rows, next } = await scene.store.deadLetters({}, { limit: 10 });
    expect(rows.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(rows[1]).toEqual(await scene.row(first.id));
    expect(next).toBeUndefined();
  });

  rule("pages give each once, also of many that died at once", async (scene) => {
    const ids: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const held = await die(scene, 5);
      ids.unshift(
        ...held
          .map(({ id }) => id)
          .sort()
          .reverse(),
      );
      await scene.advance(1);
    }
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await scene.store.deadLetters({}, { limit: 4, after });
      seen.push(...page.rows.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(ids);
  });

  rule("every field of a filter must match", async (scene) => {
    const [mail] = await die(scene, 1, { queue: "mail", tenant: "acme", fingerprint: "a" });
    const [other] = await die(scene, 1, { queue: "mail", name: "other", fingerprint: "b" });
    const ids = async (filter: object) =>
      (await scene.store.deadLetters(filter, { limit: 10 })).rows.map(({ id }) => id);
    expect(await ids({ queue: "mail", name: "task" })).toEqual([mail?.id]);
    expect(await ids({ fingerprint: "b" })).toEqual([other?.id]);
    expect(await ids({ tenant: "acme", fingerprint: "b" })).toEqual([]);
    expect(await ids({ queue: "work" })).toEqual([]);
  });

  rule("a cursor of anything else is refused", async (scene) => {
    for (const after of ["", "x", "1.2", "12"]) {
      await expect(scene.store.deadLetters({}, { limit: 1, after })).rejects.toMatchObject({
        code: "bad-input",
      });
      await expect(scene.store.deadGroups({}, { limit: 1, after })).rejects.toMatchObject({
        code: "bad-input",
      });
    }
  });
}

function groupRules(rule: Rule): void {
  rule("counts equal failures of a name and queue, with the first, the last and a sample", async (scene) => {
    const from = await scene.row((await dieOne(scene)).id);
    await scene.advance(1_000);
    const later = await die(scene, 3);
    const [id = from.id] = later
      .map((job) => job.id)
      .sort()
      .reverse();
    const { records } = await scene.row(id);
    const { rows } = await scene.store.deadGroups({}, { limit: 10 });
    expect(rows).toEqual([
      {
        fingerprint: "f00d",
        name: "task",
        queue: "work",
        count: 4,
        firstAtMs: from.finishedAtMs,
        lastAtMs: (from.finishedAtMs ?? 0) + 1_000,
        sample: { id, records },
      },
    ]);
  });

  rule("come by fingerprint, name and queue in the order of their bytes, page by page", async (scene) => {
    await die(scene, 2, { fingerprint: "b", queue: "~" });
    await die(scene, 1, { fingerprint: "b", queue: "Z" });
    await die(scene, 1, { fingerprint: "b", name: "é" });
    await die(scene, 1, { fingerprint: "a", name: "z" });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await scene.store.deadGroups({}, { limit: 1, after });
      seen.push(
        ...page.rows.map(({ fingerprint, name, queue, count }) => [fingerprint, name, queue, count].join()),
      );
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(["a,z,work,1", "b,task,Z,1", "b,task,~,2", "b,é,work,1"]);
  });

  rule("hold only what the filter fits", async (scene) => {
    await die(scene, 2, { tenant: "acme" });
    await die(scene, 3);
    const count = async (filter: object) =>
      (await scene.store.deadGroups(filter, { limit: 10 })).rows.map((group) => group.count);
    expect(await count({ tenant: "acme" })).toEqual([2]);
    expect(await count({ fingerprint: "f00d" })).toEqual([5]);
    expect(await count({ queue: "elsewhere" })).toEqual([]);
  });

  rule("what runs again or is deleted is in none any more", async (scene) => {
    const held = await die(scene, 3);
    await scene.store.retry(held.slice(0, 1).map(({ id }) => id));
    await scene.store.delete(held.slice(1, 2).map(({ id }) => id));
    const { rows } = await scene.store.deadGroups({}, { limit: 10 });
    expect(rows.map(({ count, sample }) => [count, sample.id])).toEqual([[1, held[2]?.id]]);
  });
}

function depthRules(rule: Rule): void {
  rule("say of each queue how many there are, and for how long", async (scene) => {
    expect(await scene.store.deadDepths({ atMost: 10 })).toEqual([]);
    const first = await dieOne(scene, { queue: "mail" });
    await dieOne(scene, { queue: "mail" });
    await scene.advance(5_000);
    await die(scene, 1, { queue: "mail" });
    const other = await dieOne(scene, { queue: "B" });
    await scene.settle(await scene.hold(), COMPLETED);
    const oldestAtMs = (await scene.row(first.id)).finishedAtMs;
    const diedAtMs = (await scene.row(other.id)).finishedAtMs;
    expect(await scene.store.deadDepths({ atMost: 10 })).toEqual([
      { queue: "B", count: 1, oldestAtMs: diedAtMs, oldestAgeMs: 0 },
      { queue: "mail", count: 3, oldestAtMs, oldestAgeMs: 5_000 },
    ]);
  });

  rule("count no further than asked", async (scene) => {
    await die(scene, 5);
    expect(await scene.store.deadDepths({ atMost: 3 })).toMatchObject([{ count: 3 }]);
  });
}
