import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { createMillrace } from "../millrace.ts";
import { type JobId, type LeaseId, newId, type RunId } from "../model/ids.ts";
import type { NewJob } from "../model/job.ts";
import type { NewRun } from "../model/run.ts";
import { LeaseLost } from "../worker/lease-lost.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

const WANTS = [{ queue: "default", max: 1, names: ["j"] }];
const LEASE_MS = 15_000;
const OF = { queue: "elsewhere", tenant: "", priority: "default" } as const;
const RUN: Omit<NewRun, "id" | "instance"> = { ...OF, definition: "d", rerun: false, params: "{}" };
const COORDINATOR: Omit<NewJob, "id"> = {
  ...{ ...OF, name: "d/run", delayMs: 0, maxRescues: 3, envelope: '0{"payload":null}' },
};

test("a sweep that leaves leases behind is followed by the next at once", async () => {
  const job = defineJob({ name: "j", run: () => 1 });
  const { mr, time, store, watch } = scene([job]);
  await mr.enqueueMany(job, Array(101).fill(null));
  for (let claimed = 0; claimed < 101; claimed += 1) {
    await store.claim(WANTS, { worker: "gone", lease: newId<LeaseId>(), leaseMs: LEASE_MS });
  }
  await time.advance(LEASE_MS);
  mr.worker({ sweep: "1h" });
  await time.settle();
  expect(watch.calls.rescue).toHaveLength(2);
  expect((await mr.jobs.list({ states: ["running"], limit: 200 })).rows).toEqual([]);
  await mr.close();
});

test("so is one that leaves expired jobs behind", async () => {
  const job = defineJob({ name: "j", queue: "elsewhere", run: () => 1 });
  const { mr, time, watch } = scene([job]);
  await mr.enqueueMany(job, Array(1_001).fill(null), { ttl: "1s" });
  await time.advance(1_000);
  mr.worker({ queues: ["default"], sweep: "1h" });
  await time.advance(1_000); // sweeps begin one after the other
  expect(watch.calls.expire).toHaveLength(2);
  expect((await mr.jobs.list({ states: ["scheduled", "ready"] })).rows).toEqual([]);
  await mr.close();
});

test("so is one that leaves children of a cancelled parent behind", async () => {
  const job = defineJob({ name: "j", queue: "elsewhere", run: () => 1 });
  const parent = defineJob({
    name: "parent",
    run: (_input, ctx) => {
      for (let made = 0; made < 1_001; made += 1) ctx.enqueueChild(job, undefined, { delay: "1d" });
      return ctx.waitForChildren();
    },
  });
  const { mr, time, watch } = scene([parent, job]);
  const handle = await mr.enqueue(parent);
  const first = mr.worker({ queues: ["default"], sweep: "1h" });
  await time.advance(2_000);
  await first.stop();
  const before = watch.calls.cascade.length;
  expect(await handle.cancel()).toBe("cancelled");
  mr.worker({ queues: ["default"], sweep: "1h" });
  await time.advance(1_000); // sweeps begin one after the other
  expect(watch.calls.cascade.length - before).toBe(2);
  expect((await mr.jobs.list({ states: ["scheduled", "ready"] })).rows).toEqual([]);
  await mr.close();
});

test("so is one that leaves runs behind that nobody drives", async () => {
  const { mr, time, store, watch } = scene([]);
  await mr.open();
  const coordinators: JobId[] = [];
  for (let n = 0; n < 101; n += 1) {
    const [run, id] = [newId<RunId>(), newId<JobId>()];
    coordinators.push(id);
    await store.startRun({ ...RUN, id: run, instance: String(n) }, { ...COORDINATOR, id, run });
  }
  mr.worker({ queues: ["default"], sweep: "1h" });
  await time.advance(1_000); // sweeps begin one after the other
  expect(watch.calls.sweepRuns).toHaveLength(1);
  await store.cancel(coordinators);
  mr.worker({ queues: ["default"], sweep: "1h" });
  await time.advance(1_000);
  expect(watch.calls.sweepRuns).toHaveLength(3);
  expect((await store.findRuns({ states: ["failed"] }, { limit: 200 })).rows).toHaveLength(101);
  await mr.close();
});

test("so is one that leaves changes unfolded", async () => {
  const job = defineJob({ name: "j", queue: "elsewhere", run: () => 1 });
  const { mr, time, watch } = scene([job]);
  for (let n = 0; n < 1_001; n += 1) await mr.enqueue(job); // each a change of its own
  mr.worker({ queues: ["default"], sweep: "1h" });
  await time.advance(1_000); // sweeps begin one after the other
  expect(watch.calls.fold).toHaveLength(2);
  await mr.close();
});

test("so is one that leaves records unchained, and one that leaves old ones unpruned", async () => {
  const { mr, time, watch } = scene([]);
  for (let n = 0; n < 1_002; n += 1) await mr.queues.pause(`q${n}`);
  mr.worker({ sweep: "1h" });
  await time.advance(1_000); // sweeps begin one after the other
  expect(watch.calls.chainAudit).toHaveLength(2);
  const pruning = createMillrace({ store: mr.store, timing: time, retention: { audit: "10m" } });
  await time.advance(600_000);
  pruning.worker({ sweep: "1h" });
  await time.advance(1_000);
  expect(watch.calls.pruneAudit).toHaveLength(2);
  await pruning.close();
  await mr.close();
});

test("a claim answered when its lease counts as lost starts nothing, and leaves the jobs to the sweep", async () => {
  let ran = 0;
  const job = defineJob({ name: "j", run: () => (ran += 1) });
  const { mr, time, watch } = scene([job]);
  const late = gate();
  await mr.enqueue(job);
  watch.after.claim = () => (watch.calls.claim.at(-1)?.[1].solo === true ? undefined : late.promise);
  mr.worker({ lease: "15s", sweep: "1d" });
  await time.settle();
  await time.advance(14_500);
  late.open();
  await time.settle();
  expect(ran).toBe(0);
  expect(watch.calls.settle).toEqual([]);
  await mr.close();
});

test("an extension that comes too late for its lease, and for its job, is no news", async () => {
  const aborted: unknown[] = [];
  const held = gate();
  const job = defineJob({
    name: "j",
    run: (_input, { signal }) => {
      signal.addEventListener("abort", () => aborted.push(signal.reason));
      return held.promise;
    },
  });
  const { mr, time, store, watch, errors } = scene([job]);
  const worker = mr.worker({ lease: "15s", sweep: "1d" });
  await mr.enqueue(job);
  await time.settle();
  const answered = gate();
  watch.before.extend = async () => {
    // Another process ends the lease while the call is on its way, and the job ends while the answer is.
    watch.before.extend = () => undefined;
    for (const [, { lease }] of watch.calls.claim) {
      await store.extend([{ lease, dropped: true }], { worker: worker.name, leaseMs: LEASE_MS });
    }
    await time.jump(0);
  };
  watch.after.extend = () => answered.promise;
  await time.advance(5_500);
  held.open();
  await time.settle();
  answered.open();
  await time.settle();
  expect(aborted).toEqual([]);
  expect(errors).toEqual([]);
  await mr.close();
});

test("leases that cannot be given up at the end are left to run out, and it is said", async () => {
  const job = defineJob({ name: "j", run: () => 1 });
  const { mr, time, watch, errors } = scene([job]);
  const worker = mr.worker({ lease: "15s" });
  await mr.enqueue(job);
  await time.settle();
  watch.before.extend = unreachable;
  await worker.stop();
  expect(errors.map(([where]) => where)).toContain("extend");
  await mr.close();
});

test("an extension the store refuses to name as lost aborts the handler", async () => {
  const aborted: unknown[] = [];
  const held = gate();
  const job = defineJob({
    name: "j",
    run: (_input, { signal }) => {
      signal.addEventListener("abort", () => aborted.push(signal.reason));
      return held.promise;
    },
  });
  const { mr, time, store, watch } = scene([job]);
  const worker = mr.worker({ lease: "15s", sweep: "1d" });
  await mr.enqueue(job);
  await time.settle();
  for (const [, { lease }] of watch.calls.claim) {
    await store.extend([{ lease, dropped: true }], { worker: worker.name, leaseMs: LEASE_MS });
  }
  await time.advance(6_000);
  expect(aborted[0]).toBeInstanceOf(LeaseLost);
  held.open();
  await mr.close();
});

test("a thousand leases done between two looks are dropped at once", async () => {
  const job = defineJob({ name: "j", run: () => 1 });
  const { mr, time, watch } = scene([job]);
  mr.worker({ lease: "15s" });
  await time.settle();
  for (let sent = 0; sent < 1_000; sent += 1) {
    await mr.enqueue(job);
    await time.settle();
  }
  const before = time.now();
  await time.settle();
  const dropped = watch.calls.extend.flatMap(([touches]) => touches.filter((touch) => touch.dropped));
  expect(time.now()).toBe(before);
  expect(dropped).toHaveLength(1_000);
  await mr.close();
});
