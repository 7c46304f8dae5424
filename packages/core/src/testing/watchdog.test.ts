import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { createMillrace } from "../millrace.ts";
import type { JobId } from "../model/ids.ts";
import { lossyMemoryStore } from "./lossy-memory-store.ts";
import { scene } from "./scene.fixture.ts";
import { VirtualTime } from "./virtual-time.ts";

test("a worker finds stranded parents within a minute, reports them and runs them on", async () => {
  const time = new VirtualTime();
  const { store, lose } = lossyMemoryStore({ now: () => time.now() });
  const lost: JobId[] = [];
  const child = defineJob({ name: "child", run: () => new Promise(() => undefined) });
  const parent = defineJob({
    name: "parent",
    run: (_input: unknown, ctx) => {
      if (ctx.children !== undefined) return ctx.children;
      lost.push(ctx.enqueueChild(child));
      return ctx.waitForChildren();
    },
  });
  const errors: [string, unknown][] = [];
  const onError = (error: unknown, where: string) => void errors.push([where, error]);
  const mr = createMillrace({ store, jobs: [parent, child], timing: time, onError });
  mr.worker({ drain: 0, grace: 0 });
  const { id } = await mr.enqueue(parent);
  await time.advance(2_000);
  for (const one of lost) lose(one);
  await time.advance(60_000);
  expect(await mr.jobs.get(id)).toMatchObject({
    state: "completed",
    result: { total: 1, completed: 0, failed: 1 },
  });
  const closing = mr.close();
  await time.advance(1_000);
  await closing;
  expect(errors.filter(([where]) => where === "watch")).toMatchObject([
    ["watch", { code: "children-lost", details: { parents: [id], repaired: 1 } }],
  ]);
});

test("a worker watches no more than once a minute", async () => {
  const job = defineJob({ name: "j", run: () => 1 });
  const { mr, time, watch } = scene([job]);
  mr.worker({ sweep: "100ms" });
  await time.advance(10 * 60_000);
  expect(watch.calls.watch.length).toBeLessThanOrEqual(11);
  expect(watch.calls.watch.length).toBeGreaterThanOrEqual(10);
  await mr.close();
});
