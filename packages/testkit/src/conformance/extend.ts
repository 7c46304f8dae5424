/** Rules of extend. */
import type { LeaseId } from "@millrace/core";
import { describe, expect } from "vitest";
import type { TestHome } from "../test-store.ts";
import { COMPLETED, LEASE_MS, newJobs, nextId } from "./builders.ts";
import { type Rule, rulesOn } from "./rule.ts";
import type { Scene } from "./scene.ts";

/** How leases are prolonged, lost and given up. */
export function extendRules(home: TestHome): void {
  describe("extend", () => {
    const rule = rulesOn(home);
    describe("a live lease", () => liveRules(rule));
    describe("a lost lease", () => lostRules(rule));
    describe("a dropped lease", () => droppedRules(rule));
  });
}

/** Extends as the worker of every default claim. */
async function extend(
  scene: Scene,
  leases: readonly LeaseId[],
  leaseMs = LEASE_MS,
): Promise<readonly LeaseId[]> {
  const touches = leases.map((lease) => ({ lease, dropped: false }));
  return (await scene.store.extend(touches, { worker: "worker-1", leaseMs })).lost;
}

async function drop(scene: Scene, lease: LeaseId): Promise<readonly LeaseId[]> {
  const options = { worker: "worker-1", leaseMs: LEASE_MS };
  return (await scene.store.extend([{ lease, dropped: true }], options)).lost;
}

/** Claims `count` new jobs under one new lease. */
async function leaseOf(scene: Scene, count = 1): Promise<LeaseId> {
  const lease = nextId<LeaseId>();
  await scene.store.enqueue(newJobs(count));
  await scene.claim({ lease });
  return lease;
}

async function rescued(scene: Scene): Promise<number> {
  return (await scene.store.rescue({ limit: 100 })).ready;
}

function liveRules(rule: Rule): void {
  rule("its deadline moves to now plus the lease's length", async (scene) => {
    const lease = await leaseOf(scene, 3);
    await scene.advance(LEASE_MS - 1);
    expect(await extend(scene, [lease])).toEqual([]);
    await scene.advance(LEASE_MS - 1);
    expect(await rescued(scene)).toBe(0);
    await scene.advance(1);
    expect(await rescued(scene)).toBe(3);
  });

  rule("it may be kept for as long as it is extended", async (scene) => {
    const lease = await leaseOf(scene);
    for (let beat = 0; beat < 10; beat += 1) {
      await scene.advance(LEASE_MS / 2);
      expect(await extend(scene, [lease])).toEqual([]);
      expect(await rescued(scene)).toBe(0);
    }
  });

  rule("a shorter extension brings the deadline nearer", async (scene) => {
    const lease = await leaseOf(scene);
    expect(await extend(scene, [lease], 100)).toEqual([]);
    await scene.advance(100);
    expect(await rescued(scene)).toBe(1);
  });

  rule("other leases keep their own deadlines", async (scene) => {
    const [kept, left] = [await leaseOf(scene, 1), await leaseOf(scene, 2)];
    await scene.advance(LEASE_MS / 2);
    await extend(scene, [kept]);
    await scene.advance(LEASE_MS / 2);
    expect(await rescued(scene)).toBe(2);
    expect(await extend(scene, [kept, left])).toEqual([left]);
  });

  rule("nothing to extend is nothing done", async (scene) => {
    expect(await extend(scene, [])).toEqual([]);
  });
}

function lostRules(rule: Rule): void {
  rule("a lease at its deadline is lost and not revived, rescued or not", async (scene) => {
    const lease = await leaseOf(scene);
    await scene.advance(LEASE_MS);
    expect(await extend(scene, [lease])).toEqual([lease]);
    expect(await rescued(scene)).toBe(1);
    expect(await extend(scene, [lease])).toEqual([lease]);
  });

  rule("an unknown lease is lost", async (scene) => {
    const lease = nextId<LeaseId>();
    expect(await extend(scene, [lease])).toEqual([lease]);
  });

  rule("another worker's lease is lost and not moved", async (scene) => {
    const lease = await leaseOf(scene);
    await scene.advance(LEASE_MS / 2);
    const options = { worker: "worker-2", leaseMs: LEASE_MS };
    expect((await scene.store.extend([{ lease, dropped: false }], options)).lost).toEqual([lease]);
    await scene.store.extend([{ lease, dropped: true }], options);
    expect(await extend(scene, [lease], LEASE_MS / 2)).toEqual([]);
    await scene.advance(LEASE_MS / 2);
    expect(await rescued(scene)).toBe(1);
  });

  rule("the lost among many are named in order, the others are extended", async (scene) => {
    const old = await leaseOf(scene);
    await scene.advance(LEASE_MS / 2);
    const [first, second] = [await leaseOf(scene), await leaseOf(scene)];
    await scene.advance(LEASE_MS / 2);
    const unknown = nextId<LeaseId>();
    expect(await extend(scene, [unknown, first, old, second])).toEqual([unknown, old]);
    await scene.advance(LEASE_MS - 1);
    expect(await rescued(scene)).toBe(1);
  });
}

function droppedRules(rule: Rule): void {
  rule("it is forgotten, and not reported as lost", async (scene) => {
    const lease = nextId<LeaseId>();
    await scene.add();
    await scene.settleAll(await scene.claim({ lease }), COMPLETED);
    expect(await drop(scene, lease)).toEqual([]);
    expect(await extend(scene, [lease])).toEqual([lease]);
    await scene.advance(LEASE_MS);
    expect(await scene.store.rescue({ limit: 10 })).toEqual({ ready: 0, crashed: 0, more: false });
  });

  rule("dropping again or what is unknown does nothing", async (scene) => {
    const lease = await leaseOf(scene);
    await drop(scene, lease);
    expect(await drop(scene, lease)).toEqual([]);
    expect(await drop(scene, nextId())).toEqual([]);
  });

  rule("jobs still running under it are not lost: rescue takes them back", async (scene) => {
    const lease = nextId<LeaseId>();
    await scene.store.enqueue(newJobs(2));
    const [settled, forgotten] = await scene.claim({ lease });
    if (settled) await scene.settle(settled, COMPLETED);
    await drop(scene, lease);
    await scene.advance(LEASE_MS);
    expect(await rescued(scene)).toBe(1);
    expect((await scene.claimSuspect()).id).toBe(forgotten?.id);
  });
}
