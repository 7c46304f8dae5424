import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { testMillrace } from "./test-millrace.ts";

describe("faults", () => {
  const job = defineJob({ name: "job", run: () => "done" });

  test("of an enqueue are sent again, without the test having to move time", async () => {
    await using t = testMillrace({ jobs: [job] });
    t.fail({ verb: "enqueue", when: "after", times: 2 });
    await t.enqueue(job);
    expect(t.struck).toEqual([
      { verb: "enqueue", call: 1, when: "after" },
      { verb: "enqueue", call: 2, when: "after" },
    ]);
    expect(await t.counters()).toMatchObject({ enqueued: 1 });
    t.fail({ verb: "enqueue", times: 3 });
    await expect(t.enqueue(job)).rejects.toMatchObject({ code: "store-unreachable" });
    expect(await t.counters()).toMatchObject({ enqueued: 1 });
  });

  test("of claims and settlements change nothing of what becomes of jobs", async () => {
    await using t = testMillrace({ jobs: [job] });
    for (const when of ["before", "after"] as const) {
      t.fail({ verb: "settle", when });
      t.fail({ verb: "claim" });
      await t.enqueue(job);
      await t.runAll();
    }
    expect(t.struck).toHaveLength(4);
    expect(t.errors).toHaveLength(4);
    expect(await t.counters()).toMatchObject({ enqueued: 2, completed: 2, attempts: 2 });
  });

  test("that lose a claim's answer have the job rescued once its lease is out", async () => {
    await using t = testMillrace({ jobs: [job] });
    t.fail({ verb: "claim", when: "after" });
    await t.enqueue(job);
    await t.advance("1m");
    expect(await t.counters()).toMatchObject({ completed: 1, rescued: 1 });
  });

  test("never move time past what a test asked for", async () => {
    await using t = testMillrace({ jobs: [job] });
    const start = t.time.now();
    t.fail({ verb: "claim", times: 5 });
    await t.enqueue(job);
    await t.advance(70);
    expect([t.time.now() - start, t.struck.length]).toEqual([70, 2]);
    await t.advance("1m");
    expect(t.time.now() - start).toBe(60_070);
    expect(t.struck).toHaveLength(5);
    expect(await t.counters()).toMatchObject({ completed: 1 });
  });

  test("by chance are the same for the same seed", async () => {
    const course = async (seed: number) => {
      await using t = testMillrace({ jobs: [job], faults: { random: { seed, rate: 0.3 } } });
      const enqueued = await Promise.allSettled(Array.from({ length: 20 }, () => t.enqueue(job)));
      await t.advance("10m");
      t.heal();
      await t.advance("10m");
      const { completed, enqueued: accepted } = await t.counters();
      expect(completed).toBe(accepted);
      return { struck: [...t.struck], failed: enqueued.filter(({ status }) => status === "rejected").length };
    };
    const first = await course(7);
    expect(first.struck.length).toBeGreaterThan(5);
    expect(await course(7)).toEqual(first);
    expect(await course(8)).not.toEqual(first);
  });
});
