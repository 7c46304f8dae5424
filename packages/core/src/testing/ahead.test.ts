import { describe, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import type { Millrace } from "../millrace.ts";
import type { JobId } from "../model/ids.ts";
import type { JobState } from "../model/job.ts";
import { sleep, type Timing } from "../runtime/timers.ts";
import type { Store } from "../store/store.ts";
import { gate, scene } from "./scene.fixture.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** A job that takes so many ms of moved time. */
function timedJob(name: string, ms: number, timing: () => Timing) {
  return defineJob({ name, run: () => sleep(timing(), ms) });
}

function asked(claims: readonly (readonly [readonly { readonly max: number }[], unknown])[]): number[] {
  return claims.flatMap(([wants]) => wants.map((want) => want.max));
}

async function workersOf(store: Store, states: readonly JobState[]): Promise<Record<string, number>> {
  const { rows } = await store.find({ states }, { limit: 1_000 });
  const counts: Record<string, number> = {};
  for (const { records } of rows) {
    const worker = /"worker":"(\w+)"/.exec(records)?.[1] ?? "none";
    counts[worker] = (counts[worker] ?? 0) + 1;
  }
  return counts;
}

describe("claiming ahead", () => {
  test("two workers share jobs of a second evenly, even where one was first", async () => {
    const job = timedJob("slow", 1_000, () => time);
    const { mr, store, time, otherWorker } = scene([job]);
    mr.worker({ name: "first", concurrency: 5 });
    await mr.enqueueMany(job, Array(103).fill(null));
    await time.advance(1_100);
    const second = otherWorker({ name: "second", concurrency: 5 });
    await time.advance(11_500);
    const { first = 0, second: other = 0 } = await workersOf(store, ["completed"]);
    expect(first + other).toBe(103);
    expect(Math.abs(first - other)).toBeLessThanOrEqual(10);
    await second.stop();
    await mr.close();
  });

  test("jobs of unknown duration are claimed for free slots only", async () => {
    const held = gate();
    const job = defineJob({ name: "unknown", run: () => held.promise });
    const { mr, time, watch } = scene([job]);
    mr.worker({ concurrency: 5 });
    await mr.enqueueMany(job, Array(50).fill(null));
    await time.advance(3_000);
    expect(Math.max(...asked(watch.calls.claim))).toBe(5);
    expect(asked(watch.calls.claim.slice(-1))).not.toContain(0);
    const { rows } = await mr.jobs.list({ states: ["running"] });
    expect(rows).toHaveLength(5);
    held.open();
    await mr.close();
  });

  test("of large jobs no more is held than eight million characters of them, whatever their number", async () => {
    const job = defineJob({ name: "large", run: (_text: string) => undefined });
    const { mr, time, watch } = scene([job]);
    await mr.enqueueMany(job, Array(200).fill("x".repeat(400_000)));
    mr.worker({ concurrency: 4 });
    await time.advance(10_000);
    expect(await mr.jobs.list({ states: ["completed"], limit: 200 })).toMatchObject({
      rows: { length: 200 },
    });
    expect(Math.max(...asked(watch.calls.claim))).toBeGreaterThan(4);
    expect(Math.max(...asked(watch.calls.claim))).toBeLessThanOrEqual(4 + 20);
    await mr.close();
  });

  test("at most a quarter of a second of work is held for each slot", async () => {
    const job = timedJob("short", 50, () => time);
    const { mr, time } = scene([job]);
    mr.worker({ concurrency: 4 });
    await mr.enqueueMany(job, Array(400).fill(null));
    const held: number[] = [];
    for (let look = 0; look < 20; look += 1) {
      await time.advance(50);
      held.push((await mr.jobs.list({ states: ["running"], limit: 200 })).rows.length);
    }
    expect(Math.max(...held)).toBeGreaterThan(4);
    expect(Math.max(...held)).toBeLessThanOrEqual(4 + 4 * 5);
    void mr.close();
    await time.advance(1_000);
  });

  test("no-op jobs are claimed a thousand at a time, two claims under way at most", async () => {
    const job = defineJob({ name: "quick", run: () => undefined });
    const { mr, time, watch } = scene([job]);
    let underWay = 0;
    let most = 0;
    watch.before.claim = async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await time.turn();
      underWay -= 1;
    };
    mr.worker();
    await mr.enqueueMany(job, Array(9_000).fill(null));
    for (let turns = 0; turns < 100; turns += 1) await time.settle();
    expect(watch.calls.claim.length).toBeLessThan(40);
    expect(Math.max(...asked(watch.calls.claim))).toBe(1_000);
    expect(most).toBe(2);
    const counters = await mr.store.counters(["queue:default:default"]);
    expect(counters["queue:default:default"]).toEqual({ completed: 9_000, ran: 9_000 });
    await mr.close();
  });

  test("a claim ahead that was slow and found nothing gives its room back", async () => {
    const held = gate();
    const quick = defineJob({ name: "quick", run: () => undefined });
    const unknown = defineJob({ name: "unknown", run: () => "ran" });
    const { mr, time, watch } = scene([quick, unknown]);
    let isAheadUnderWay = false;
    watch.before.claim = () => {
      const [wants] = watch.calls.claim.at(-1) ?? [[]];
      if (wants.some(({ names }) => names.length > 1)) return time.settle();
      isAheadUnderWay = true;
      return held.promise;
    };
    await mr.enqueue(quick, null);
    mr.worker({ concurrency: 1 });
    await time.advance(1_000);
    expect(isAheadUnderWay).toBe(true);
    const { id } = await mr.enqueue(unknown, null);
    await time.advance(1_000);
    held.open();
    await time.advance(1_000);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "completed" });
    await mr.close();
  });

  test("what waits for a slot counts as waiting until its handler begins", async () => {
    const waited: number[] = [];
    const short = defineJob({
      name: "short",
      run: () => {
        const { time } = place;
        waited.push(time.now() - enqueuedAtMs);
        return sleep(time, 50);
      },
    });
    const place: { readonly time: VirtualTime; readonly mr: Millrace } = scene([short]);
    const { mr, time } = place;
    const enqueuedAtMs = time.now();
    await mr.enqueueMany(short, Array(20).fill(null));
    mr.worker({ concurrency: 1 });
    await time.advance(2_000);
    const counters = await mr.store.counters(["queue:default:default"]);
    expect(Math.max(...waited)).toBeGreaterThanOrEqual(19 * 50);
    expect(counters["queue:default:default"]).toEqual({
      completed: 20,
      ran: 20,
      runMs: 20 * 50,
      waitMs: waited.reduce((sum, ms) => sum + ms),
    });
    await mr.close();
  });

  test("what is cancelled while it waits for a slot is never started", async () => {
    const held = gate();
    const ran: number[] = [];
    const job = defineJob({
      name: "quick",
      run: (n: number) => {
        ran.push(n);
        return n === 10 ? held.promise : undefined;
      },
    });
    const { mr, time } = scene([job]);
    const handles = [];
    for (let n = 0; n < 100; n += 1) handles.push(await mr.enqueue(job, n));
    mr.worker({ concurrency: 1, heartbeat: "1s" });
    await time.advance(1_000);
    const id = handles[20]?.id as JobId; // a hundred were enqueued
    expect(await mr.jobs.get(id)).toMatchObject({ state: "running" });
    expect(await mr.jobs.cancel(id)).toBe("cancelling");
    await time.advance(1_500);
    held.open();
    await time.advance(1_000);
    expect(ran).toHaveLength(99);
    expect(ran).not.toContain(20);
    expect(await mr.jobs.get(id)).toMatchObject({ state: "cancelled", attempts: 0 });
    await mr.close();
  });

  test("what waits for a slot is given back at shutdown, unstarted", async () => {
    const held = gate();
    let runs = 0;
    const job = defineJob({ name: "quick", run: () => (++runs > 10 ? held.promise : undefined) });
    const { mr, store, time } = scene([job]);
    const worker = mr.worker({ concurrency: 1 });
    await mr.enqueueMany(job, Array(100).fill(null));
    await time.advance(1_000);
    expect((await store.find({ states: ["running"] }, { limit: 200 })).rows.length).toBeGreaterThan(20);
    const stopped = worker.stop();
    await time.settle();
    const { rows: ready } = await store.find({ states: ["ready"] }, { limit: 200 });
    expect(ready).toHaveLength(89);
    expect(ready.every((row) => row.interruptions === 0 && row.attempts === 0)).toBe(true);
    held.open();
    await stopped;
    await mr.close();
  });

  test("a job of unknown duration gets a slot though short ones would fill them all", async () => {
    const short = timedJob("short", 10, () => time);
    const started: number[] = [];
    const urgent = defineJob({
      name: "urgent",
      priority: "critical",
      run: (): Promise<boolean> => {
        const { time } = place;
        started.push(time.now());
        return sleep(time, 60_000);
      },
    });
    const place: { readonly time: VirtualTime; readonly mr: Millrace } = scene([short, urgent]);
    const { mr, time } = place;
    mr.worker({ concurrency: 2 });
    await mr.enqueueMany(short, Array(2_000).fill(null));
    await time.advance(1_000);
    const enqueuedAtMs = time.now();
    await mr.enqueue(urgent, null);
    await time.advance(1_000);
    expect(started).toHaveLength(1);
    expect((started[0] ?? 0) - enqueuedAtMs).toBeLessThanOrEqual(600);
    void mr.close();
    await time.advance(60_000);
  });
});
