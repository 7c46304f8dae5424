/** Rules of find. */
import { type JobFilter, type JobId, type JobState, PRIORITIES, sealEnvelope } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, dead, newJob, newJobs, nextId, retry, suspended } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** How jobs are listed. */
export function findRules(home: TestHome): void {
  describe("find", () => {
    const rule = rulesOn(home);
    describe("filters", () => filterRules(rule));
    describe("what jobs are like", () => markRules(rule));
    describe("when they were", () => timeRules(rule));
    describe("pages", () => pageRules(rule));
  });
}

function filterRules(rule: Rule): void {
  rule("states are those at the store's now, live and finished", async (scene) => {
    const jobs = await jobsInAllStates(scene);
    for (const [state, id] of jobs) {
      expect(await scene.ids({ states: [state] })).toEqual([id]);
      expect((await scene.row(id)).state).toBe(state);
    }
    const both: JobFilter = { states: ["scheduled", "retrying"] };
    expect(await scene.ids(both)).toHaveLength(2);
    await scene.advance(1_000);
    expect(await scene.ids(both)).toEqual([]);
    expect(await scene.ids({ states: ["ready"] })).toHaveLength(3);
    expect(await scene.ids({ states: ["cancelled", "expired"] })).toEqual([]);
  });

  rule("every field narrows, and all must match", async (scene) => {
    const run = nextId<NonNullable<JobFilter["run"]>>();
    const jobs = [
      newJob({ queue: "a", name: "x", tenant: "t" }),
      newJob({ queue: "a", name: "y", tenant: "t", run }),
      newJob({ queue: "b", name: "x", run }),
    ];
    const [first, second, third] = jobs.map((job) => job.id);
    await scene.store.enqueue(jobs);
    expect(await scene.ids({ queue: "a" })).toEqual([second, first]);
    expect(await scene.ids({ name: "x" })).toEqual([third, first]);
    expect(await scene.ids({ tenant: "t" })).toEqual([second, first]);
    expect(await scene.ids({ tenant: "" })).toEqual([third]);
    expect(await scene.ids({ run })).toEqual([third, second]);
    expect(await scene.ids({ queue: "a", name: "x", states: ["ready"] })).toEqual([first]);
    expect(await scene.ids({ queue: "a", name: "x", run })).toEqual([]);
    expect(await scene.ids({ queue: "A" })).toEqual([]);
  });

  rule("children are found by their parent, finished or not", async (scene) => {
    const parent = await scene.hold();
    const children = newJobs(3, { name: "child" });
    await scene.save(parent, { spawn: children });
    await scene.settle(await scene.claimOne({ names: ["child"] }), COMPLETED);
    await scene.settle(await scene.claimOne({ names: ["child"] }), dead());
    await scene.settle(parent, COMPLETED);
    expect(await scene.ids({ parent: parent.id })).toEqual(children.map((job) => job.id).toReversed());
    expect(await scene.ids({ parent: parent.id, states: ["dead"] })).toEqual([children[1]?.id]);
  });

  rule("ids give those that exist, once, newest first", async (scene) => {
    const jobs = newJobs(4);
    await scene.store.enqueue(jobs);
    const [first, second, third] = jobs.map((job) => job.id);
    if (!first || !second || !third) throw new Error("four jobs were made");
    expect(await scene.ids({ ids: [first, third, nextId<JobId>(), first] })).toEqual([third, first]);
    expect(await scene.ids({ ids: [second], queue: "other" })).toEqual([]);
  });

  rule("an empty list of ids or states matches nothing", async (scene) => {
    await scene.add();
    expect(await scene.ids({ ids: [] })).toEqual([]);
    expect(await scene.ids({ states: [] })).toEqual([]);
    expect(await scene.ids({})).toHaveLength(1);
  });
}

/** An envelope with these tags. */
function tagged(tags: readonly string[], payload: unknown = null): string {
  return sealEnvelope({ payload: payload as null, tags }); // any JSON
}

function markRules(rule: Rule): void {
  rule("classes are chosen, live and finished", async (scene) => {
    const jobs = PRIORITIES.map((priority) => newJob({ priority }));
    await scene.store.enqueue(jobs);
    await scene.settle(await scene.claimOne(), COMPLETED);
    await scene.settle(await scene.claimOne(), dead());
    const [critical, high, normal] = jobs.map(({ id }) => id);
    expect(await scene.ids({ priorities: ["critical", "high", "default"] })).toEqual([
      normal,
      high,
      critical,
    ]);
    expect(await scene.ids({ priorities: [] })).toEqual([]);
  });

  rule("all tags asked for must be there, and nothing that only looks like one counts", async (scene) => {
    const strange = 'a "b" \\ é😀';
    const jobs = [
      newJob({ envelope: tagged(["red"]) }),
      newJob({ envelope: tagged(["red", strange]) }),
      newJob({ envelope: tagged(["redder"]) }),
      newJob({ envelope: tagged([], { tags: ["red"], text: 'say "red", "tags":["red"]' }) }),
      newJob({ envelope: tagged(["blue"], ["red"]) }),
      newJob({ envelope: '9{"tags":["red"]}' }),
    ];
    await scene.store.enqueue(jobs);
    const [one, both] = jobs.map(({ id }) => id);
    expect(await scene.ids({ tags: ["red"] })).toEqual([both, one]);
    expect(await scene.ids({ tags: [strange, "red"] })).toEqual([both]);
    expect(await scene.ids({ tags: ["RED"] })).toEqual([]);
    expect(await scene.ids({ tags: [] })).toHaveLength(6);
    for (const job of await scene.claim()) await scene.settle(job, job.id === one ? COMPLETED : dead());
    expect(await scene.ids({ tags: ["red"], states: ["completed", "dead"] })).toEqual([both, one]);
  });

  rule("pages of tagged jobs are full, however many others only look like them", async (scene) => {
    const jobs = Array.from({ length: 30 }, (_, index) =>
      newJob({ envelope: index % 5 === 0 ? tagged(["red"]) : tagged([], { color: "red" }) }),
    );
    await scene.store.enqueue(jobs);
    const wanted = jobs.filter((_, index) => index % 5 === 0).map(({ id }) => id);
    const page = await scene.store.find({ tags: ["red"] }, { limit: 4 });
    expect(page.rows.map(({ id }) => id)).toEqual(wanted.toReversed().slice(0, 4));
    for (const limit of [1, 2, 6, 7]) {
      expect(await paged(scene, { tags: ["red"] }, limit)).toEqual(wanted.toReversed());
    }
  });

  rule("those that failed in a way: as they died, or last, unless they completed", async (scene) => {
    const failed = (fingerprint: string) => ({
      record: JSON.stringify({ outcome: "retry", error: { class: "timeout", fingerprint } }),
    });
    const [died, retrying, healed, completed, expired] = [
      await scene.hold(),
      await scene.hold(),
      await scene.hold(),
      await scene.hold(),
      await scene.hold({ ttlMs: 1_000 }),
    ];
    await scene.settle(died, dead("f00d"), failed("other"));
    await scene.settle(retrying, retry(60_000), failed("f00d"));
    await scene.settle(expired, retry(0), failed("f00d"));
    await scene.settle(healed, retry(0), failed("f00d"));
    await scene.settle(await scene.claimOne(), retry(60_000), failed("beef"));
    const result = { record: '{"outcome":"completed","result":{"fingerprint":"f00d"}}' };
    await scene.settle(completed, COMPLETED, result);
    await scene.advance(1_000);
    await scene.store.expire({ limit: 10 });
    const all = [expired, healed, retrying, died].map(({ id }) => id);
    expect(new Set(await scene.ids({ fingerprints: ["f00d"] })).size).toBe(3);
    expect(await scene.ids({ fingerprints: ["f00d", "beef"] })).toEqual(all.toSorted().toReversed());
    expect(await scene.ids({ fingerprints: ["f00d"], states: ["dead"] })).toEqual([died.id]);
    expect(await scene.ids({ fingerprints: ["other"] })).toEqual([]);
    expect(await scene.ids({ fingerprints: [] })).toEqual([]);
    await scene.store.retry([died.id]);
    expect(await scene.ids({ fingerprints: ["f00d"], states: ["ready"] })).toEqual([]);
  });
}

function timeRules(rule: Rule): void {
  rule("created from and until, both included, and finished until", async (scene) => {
    const first = await scene.hold();
    await scene.advance(1_000);
    const second = await scene.hold();
    await scene.settle(first, COMPLETED);
    await scene.advance(1_000);
    const third = await scene.add();
    await scene.settle(second, dead());
    const at = (await scene.row(first.id)).createdAtMs;
    const [a, b, c] = [first.id, second.id, third.id];
    expect(await scene.ids({ createdFromMs: at })).toEqual([c, b, a]);
    expect(await scene.ids({ createdFromMs: at + 1 })).toEqual([c, b]);
    expect(await scene.ids({ createdFromMs: at + 1_000, createdUntilMs: at + 1_000 })).toEqual([b]);
    expect(await scene.ids({ createdUntilMs: at + 999 })).toEqual([a]);
    expect(await scene.ids({ createdFromMs: at + 5_000 })).toEqual([]);
    expect(await scene.ids({ finishedUntilMs: at + 1_000 })).toEqual([a]);
    expect(await scene.ids({ finishedUntilMs: at + 2_000 })).toEqual([b, a]);
    expect(await scene.ids({ finishedUntilMs: at + 999 })).toEqual([]);
  });
}

/** One job in every state a job can be in so far. */
async function jobsInAllStates(scene: Scene): Promise<ReadonlyMap<JobState, JobId>> {
  const [completed, died] = [await scene.hold(), await scene.hold()];
  await scene.settle(completed, COMPLETED);
  await scene.settle(died, dead());
  const waiting = await scene.hold();
  await scene.settle(waiting, suspended(), { spawn: [newJob({ delayMs: 1_000 })] });
  const scheduled = (await scene.ids({ parent: waiting.id }))[0];
  if (!scheduled) throw new Error("the child is listed");
  const retrying = await scene.hold();
  await scene.settle(retrying, retry(1_000));
  const running = await scene.hold();
  const ready = await scene.add();
  return new Map([
    ["completed", completed.id],
    ["dead", died.id],
    ["waiting", waiting.id],
    ["scheduled", scheduled],
    ["retrying", retrying.id],
    ["running", running.id],
    ["ready", ready.id],
  ]);
}

function pageRules(rule: Rule): void {
  rule("newest first, live and finished together", async (scene) => {
    const jobs = newJobs(9);
    await scene.store.enqueue(jobs.toReversed());
    const outcomes = [COMPLETED, dead(), retry(0)];
    for (const [index, job] of (await scene.claim({ max: 6 })).entries()) {
      await scene.settle(job, outcomes[index % 3] ?? COMPLETED);
    }
    expect(await scene.ids({})).toEqual(jobs.map((job) => job.id).toReversed());
  });

  rule("pages give every job once, whatever their size", async (scene) => {
    const jobs = newJobs(25);
    await scene.store.enqueue(jobs);
    for (const job of await scene.claim({ max: 10 })) await scene.settle(job, COMPLETED);
    const all = jobs.map((job) => job.id).toReversed();
    for (const limit of [1, 4, 5, 24, 25, 26]) expect(await paged(scene, {}, limit)).toEqual(all);
  });

  rule("pages keep to the filter", async (scene) => {
    await scene.store.enqueue(
      newJobs(20).map((job, index) => ({ ...job, name: index % 3 === 0 ? "a" : "b" })),
    );
    expect(await paged(scene, { name: "a" }, 2)).toEqual(await scene.ids({ name: "a" }));
    const ids = await scene.ids({ name: "b" });
    expect(await paged(scene, { ids }, 3)).toEqual(ids);
  });

  rule("jobs added or ended between two pages disturb none", async (scene) => {
    const jobs = newJobs(10);
    await scene.store.enqueue(jobs);
    const first = await scene.store.find({}, { limit: 5 });
    await scene.add();
    for (const job of await scene.claim({ max: 3 })) await scene.settle(job, COMPLETED);
    const second = await scene.store.find({}, { limit: 10, after: first.next });
    const ids = [...first.rows, ...second.rows].map((row) => row.id);
    expect(ids).toEqual(jobs.map((job) => job.id).toReversed());
  });

  rule("an empty store has one empty page", async (scene) => {
    const page = await scene.store.find({}, { limit: 10 });
    expect(page.rows).toEqual([]);
    expect(page.next).toBeUndefined();
  });
}

/** All pages of a listing, each within its limit. */
async function paged(scene: Scene, filter: JobFilter, limit: number): Promise<JobId[]> {
  const ids: JobId[] = [];
  for (let after: string | undefined, more = true; more; more = after !== undefined) {
    const page = await scene.store.find(filter, { limit, after });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    ids.push(...page.rows.map((row) => row.id));
    after = page.next;
  }
  return ids;
}
