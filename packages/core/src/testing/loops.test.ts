import { expect, test } from "vitest";
import { MillraceError } from "../model/errors.ts";
import type { LoopHealth } from "../runtime/service.ts";
import { gate, scene, unreachable } from "./scene.fixture.ts";

function named(loops: readonly LoopHealth[], name: string): LoopHealth | undefined {
  return loops.find((loop) => loop.name === name);
}

test("a worker tells of each of its loops when it last went well, and how long it is at it", async () => {
  const held = gate();
  const { mr, time, watch } = scene([]);
  watch.before.fold = () => held.promise;
  const worker = mr.worker();
  expect(worker.loops).toEqual([]);
  await time.advance(3_000);
  const names = new Set(worker.loops.map(({ name }) => name));
  for (const name of ["claim", "extend", "rescue", "fold", "fire", "operate", "clean-up", "memory"]) {
    expect(names).toContain(name);
  }
  expect(named(worker.loops, "rescue")?.sinceMs).toBeLessThanOrEqual(1_000);
  expect(named(worker.loops, "rescue")).not.toHaveProperty("passingMs");
  expect(named(worker.loops, "fold")?.passingMs).toBeGreaterThan(2_000);
  held.open();
  await time.settle();
  expect(named(worker.loops, "fold")).toMatchObject({ sinceMs: 0, failures: 0 });
  await mr.close();
});

test("one that fails says how often and why, until it goes well again", async () => {
  const { mr, time, watch } = scene([]);
  watch.before.rescue = unreachable;
  const worker = mr.worker();
  await time.advance(2_000);
  const failing = named(worker.loops, "rescue");
  expect(failing?.failures).toBeGreaterThan(1);
  expect(failing?.sinceMs).toBeGreaterThanOrEqual(2_000);
  expect(failing?.error).toBeInstanceOf(MillraceError);
  delete watch.before.rescue;
  await time.advance(6_000);
  expect(named(worker.loops, "rescue")).toMatchObject({ failures: 0 });
  expect(named(worker.loops, "rescue")).not.toHaveProperty("error");
  await mr.close();
});
