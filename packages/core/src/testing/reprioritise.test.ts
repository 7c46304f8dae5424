import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { scene } from "./scene.fixture.ts";

const send = defineJob({ name: "send", queue: "mail", run: () => "sent" });
const fail = defineJob({
  name: "fail",
  queue: "mail",
  run: () => {
    throw new Error("no route");
  },
});

describe("jobs in line that are given another class", () => {
  test("go to the worker bound to it at once, by id or many ids", async () => {
    const { mr, time, watch } = scene([send]);
    const one = await mr.enqueue(send);
    const [two, three] = [await mr.enqueue(send), await mr.enqueue(send)];
    mr.worker({ priorities: ["high"] });
    await time.advance(10_000);
    expect((await mr.jobs.list({ states: ["ready"] })).rows).toHaveLength(3);
    expect(await mr.jobs.reprioritise(one.id, "high", { reason: "asked for" })).toBe("changed");
    await time.settle();
    expect(await mr.jobs.get(one.id)).toMatchObject({ state: "completed", priority: "high" });
    const ids = [two.id, "no id", one.id];
    expect(await mr.jobs.reprioritise(ids, "high")).toEqual(["changed", "not-found", "not-in-line"]);
    await time.settle();
    expect(await mr.jobs.status(two.id)).toBe("completed");
    expect(await mr.jobs.status(three.id)).toBe("ready");
    expect(watch.calls.reprioritise.map(([, priority]) => priority)).toEqual(["high", "high"]);
    await mr.close();
  });

  test("are retried as the new class is, where nothing else is said of them", async () => {
    const { mr, time } = scene([fail]);
    const [kept, moved] = [await mr.enqueue(fail), await mr.enqueue(fail)];
    expect(await mr.jobs.reprioritise(moved.id, "bulk")).toBe("changed");
    mr.worker();
    await time.advance(60_000);
    expect(await mr.jobs.get(kept.id)).toMatchObject({ state: "dead", attempts: 3 });
    expect(await mr.jobs.get(moved.id)).toMatchObject({ state: "dead", attempts: 1 });
    await mr.close();
  });

  test("by a filter: the operation says to which class, and what it moved", async () => {
    const { mr, time } = scene([send]);
    await mr.enqueueMany(send, Array(3).fill(undefined), { delay: "1h" });
    const request = { action: "reprioritise", filter: { queue: "mail" }, priority: "low" } as const;
    expect(await mr.operations.count(request)).toBe(3);
    const operation = await mr.operations.start({ ...request, reason: "they can wait" });
    mr.worker({ queues: ["mail"] });
    await time.advance(2_000);
    expect(await operation.finished()).toMatchObject({
      ...{ action: "reprioritise", priority: "low", state: "completed", done: 3 },
      filter: { states: ["scheduled", "ready", "retrying"], queue: "mail" },
    });
    expect((await mr.jobs.list()).rows.map(({ priority }) => priority)).toEqual(["low", "low", "low"]);
    const { rows } = await mr.audit.list({ types: ["job.reprioritised"] });
    expect(rows).toMatchObject([{ reason: "they can wait", details: { count: 3, priority: "low" } }]);
    await mr.close();
  });

  test("a class there is none of, or in the wrong place, is refused before anything is done", async () => {
    const { mr } = scene([send]);
    const job = await mr.enqueue(send);
    const filter = { queue: "mail" };
    const bad = [
      () => mr.jobs.reprioritise(job.id, "urgent" as "high"),
      () => mr.jobs.reprioritise([job.id], "high", { why: "?" } as object),
      () => mr.operations.start({ action: "reprioritise", filter }),
      () => mr.operations.start({ action: "reprioritise", filter, priority: "urgent" as "high" }),
      () => mr.operations.start({ action: "cancel", filter, priority: "high" }),
    ];
    for (const call of bad) await expect(call()).rejects.toMatchObject({ code: "bad-config" });
    expect(await mr.jobs.get(job.id)).toMatchObject({ priority: "default", state: "ready" });
    expect((await mr.operations.list()).rows).toEqual([]);
    await mr.close();
  });
});
