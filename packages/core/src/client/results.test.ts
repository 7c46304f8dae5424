import { describe, expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

describe("results", () => {
  test("wait no longer than the timeout, while the job goes on", async () => {
    const job = defineJob({ name: "j" });
    const { mr, time } = scene([job]);
    const { result, id } = await mr.enqueue(job);
    const waiting = expect(result({ timeout: "5s" })).rejects.toMatchObject({ code: "deadline-exceeded" });
    await time.advance(5_100);
    await waiting;
    expect((await mr.jobs.get(id))?.state).toBe("ready");
    await mr.close();
    expect(time.pending).toBe(0);
  });

  test("of many jobs are looked for together, ever less often", async () => {
    const job = defineJob({ name: "j" });
    const { mr, time, watch } = scene([job]);
    const handles = await Promise.all(Array.from({ length: 100 }, () => mr.enqueue(job)));
    const waiting = Promise.allSettled(handles.map(({ result }) => result({ timeout: "1m" })));
    await time.advance(30_000);
    expect(watch.calls.find.length).toBeLessThan(40);
    expect(watch.calls.find.at(-1)?.[0].ids).toHaveLength(100);
    await mr.close();
    expect(await waiting).toHaveLength(100);
  });

  test("of unknown jobs are not waited for", async () => {
    const job = defineJob({ name: "j" });
    const { mr } = scene([job]);
    const { id } = await mr.enqueue(job);
    const other = createMillrace({ store: memoryStore() });
    await expect(other.handle(id).result()).rejects.toMatchObject({ code: "not-found" });
    await other.close();
    await mr.close();
  });

  test("survive trouble of the store, and come to an end when the client is closed", async () => {
    const job = defineJob({ name: "j", run: () => "done" });
    const { mr, time, watch, errors } = scene([job]);
    const { result } = await mr.enqueue(job);
    watch.before.find = () => {
      throw new Error("down");
    };
    const waiting = result();
    await time.advance(1_000);
    expect(errors[0]?.[0]).toBe("result");
    watch.before = {};
    mr.worker();
    await time.advance(6_000);
    await expect(waiting).resolves.toBe("done");
    const left = expect((await mr.enqueue(job, undefined, { delay: "1h" })).result()).rejects.toMatchObject({
      code: "store-closed",
    });
    await mr.close();
    await left;
  });
});
