/** Rules of listing runs. */
import type { RunId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { item, nextId } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";
import { claimCoordinator, move, start } from "./started.ts";

/** How runs are found, filtered and paged. */
export function listRunRules(home: TestHome): void {
  describe("list-runs", () => {
    const rule = rulesOn(home);
    describe("listing", () => listingRules(rule));
  });
}

function listingRules(rule: Rule): void {
  rule("runs are listed newest first, by definition, state and id", async (scene) => {
    const runs: RunId[] = [];
    for (const definition of ["a", "b", "a", "b", "a"]) {
      runs.push((await start(scene, { definition, instance: String(runs.length) })).run);
    }
    const [first, second, third, fourth, fifth] = runs;
    if (!first || !second) throw new Error("five runs were started");
    await move(scene, first, "completed");
    await move(scene, second, "paused");
    const ids = async (filter: Parameters<Scene["run"]>[0], limit = 10, after?: string) =>
      (await scene.store.findRuns(filter, { limit, after })).rows.map((run) => run.id);
    expect(await ids({})).toEqual([fifth, fourth, third, second, first]);
    expect(await ids({ definition: "a" })).toEqual([fifth, third, first]);
    expect(await ids({ states: ["completed", "paused"] })).toEqual([second, first]);
    expect(await ids({ definition: "a", states: ["running"] })).toEqual([fifth, third]);
    expect(await ids({ ids: [first, nextId(), second] })).toEqual([second, first]);
    expect(await ids({ ids: [] })).toEqual([]);
    expect(await ids({ states: [] })).toEqual([]);
    const page = await scene.store.findRuns({}, { limit: 2 });
    expect(page.rows.map((run) => run.id)).toEqual([fifth, fourth]);
    expect(await ids({}, 10, page.next)).toEqual([third, second, first]);
  });

  rule("runs are listed by tenant and instance too", async (scene) => {
    const given = [{}, { tenant: "acme" }, { instance: "two" }, { instance: "two", tenant: "acme" }] as const;
    const runs: RunId[] = [];
    for (const each of given) runs.push((await start(scene, each)).run);
    const [plain, ofAcme, two, twoOfAcme] = runs;
    const ids = async (filter: Parameters<Scene["run"]>[0]) =>
      (await scene.store.findRuns(filter, { limit: 10 })).rows.map((run) => run.id);
    expect(await ids({ tenant: "acme" })).toEqual([twoOfAcme, ofAcme]);
    expect(await ids({ tenant: "" })).toEqual([two, plain]);
    expect(await ids({ instance: "two" })).toEqual([twoOfAcme, two]);
    expect(await ids({ instance: "two", tenant: "", definition: "import" })).toEqual([two]);
    expect(await ids({ instance: "none" })).toEqual([]);
  });

  rule("a run shows the counters of each of its steps, folded or not", async (scene) => {
    const { run } = await start(scene);
    const held = await claimCoordinator(scene);
    const items = [item("k", "failed", { tally: { pages: 2 } })];
    await scene.save(held, { write: 1, step: { run, step: "load:all" }, items, counters: { read: 1 } });
    await scene.foldAll();
    await scene.save(held, {
      write: 2,
      step: { run, step: "__proto__" },
      counters: { spawned: 4 },
    });
    await scene.save(held, { write: 3, step: { run: nextId(), step: "load" }, counters: { other: 1 } });
    await scene.save(held, { write: 4, step: { run, step: "none" }, counters: { zero: 0 } });
    const { counters } = await scene.run({ ids: [run] });
    expect(Object.keys(counters).toSorted()).toEqual(["__proto__", "load:all"]);
    expect(Object.values(counters).find((counts) => "spawned" in counts)).toEqual({ spawned: 4 });
    expect(counters["load:all"]).toEqual({ failed: 1, pages: 2, read: 1 });
  });

  rule("a run is listed without counters where nobody wants them", async (scene) => {
    const { run } = await start(scene);
    const held = await claimCoordinator(scene);
    await scene.save(held, { write: 1, step: { run, step: "load" }, counters: { read: 1 } });
    const listed = async (counters?: boolean) =>
      (await scene.store.findRuns({ ids: [run] }, { limit: 1, counters })).rows;
    const [counted] = await listed();
    expect(counted?.counters).toEqual({ load: { read: 1 } });
    expect(await listed(true)).toEqual([counted]);
    expect(await listed(false)).toEqual([{ ...counted, counters: {} }]);
  });
}
