import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { scene, unreachable } from "./scene.fixture.ts";

describe("a store in trouble", () => {
  test("claims go on when it recovers", async () => {
    let ran = 0;
    const job = defineJob({
      name: "j",
      run: () => {
        ran += 1;
      },
    });
    const { mr, time, watch, errors } = scene([job]);
    mr.worker();
    await time.settle();
    for (const verb of ["claim", "settle", "extend", "rescue", "fold"] as const)
      watch.before[verb] = unreachable;
    await mr.enqueueMany(job, Array(10).fill(null));
    const before = watch.calls.claim.length;
    await time.advance(10_000);
    expect(watch.calls.claim.length - before).toBeLessThan(15); // backs off
    expect(errors.length).toBeGreaterThan(0);
    watch.before = {};
    await time.advance(6_000);
    expect(ran).toBe(10);
    expect((await mr.jobs.list({ states: ["completed"] })).rows).toHaveLength(10);
    await mr.close();
  });

  test("a settlement whose answer was lost is sent again under the same number, and counts once", async () => {
    const job = defineJob({ name: "j", run: () => 1 });
    const { mr, time, watch } = scene([job]);
    let lost = 2;
    watch.after.settle = () => {
      lost -= 1;
      if (lost >= 0) unreachable();
    };
    mr.worker();
    const { id } = await mr.enqueue(job);
    await time.advance(1_000);
    expect(watch.calls.settle).toHaveLength(3);
    expect(watch.calls.settle[1]).toEqual(watch.calls.settle[0]);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "completed", attempts: 1 });
    await mr.close();
  });

  test("an enqueue whose answer was lost is sent again under the same ids", async () => {
    const job = defineJob({ name: "j" });
    const { mr, time, watch } = scene([job]);
    let lost = 1;
    watch.after.enqueue = () => {
      lost -= 1;
      if (lost >= 0) unreachable();
    };
    const enqueued = mr.enqueue(job);
    await time.advance(1_000);
    await enqueued;
    expect(watch.calls.enqueue).toHaveLength(2);
    expect((await mr.jobs.list()).rows).toHaveLength(1);
    watch.before.enqueue = unreachable;
    const refused = expect(mr.enqueue(job)).rejects.toMatchObject({ code: "store-unreachable" });
    await time.advance(10_000);
    await refused;
    await mr.close();
  });
});
