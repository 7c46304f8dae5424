import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import type { RetentionOptions } from "../model/retention.ts";
import type { DeadWarnings } from "../worker/options.ts";
import { VirtualTime } from "./virtual-time.ts";

const MINUTE_MS = 60_000;
const fail = defineJob({
  name: "fail",
  queue: "mail",
  retry: "none",
  run: () => {
    throw new Error("no route");
  },
});

/** A worker whose warnings are heard, named without their words. */
function heard(deadLetters: DeadWarnings | false | undefined, retention?: RetentionOptions) {
  const time = new VirtualTime();
  const warnings: string[] = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (message: string) => void warnings.push(message.split(":")[0] ?? ""),
    error: () => undefined,
  };
  const store = memoryStore({ now: () => time.now() });
  const mr = createMillrace({ store, jobs: [fail], logger, timing: time, retention });
  mr.worker({ deadLetters });
  const die = async (count: number) => {
    await mr.enqueueMany(fail, Array.from({ length: count }));
    await time.advance(MINUTE_MS);
  };
  return { mr, time, warnings, die };
}

test("a queue that gets deep is warned of once, and again only after it had come back", async () => {
  const { mr, time, warnings, die } = heard({ depth: 3, age: "30d" });
  await die(2);
  expect(warnings).toEqual([]);
  await die(1);
  await time.advance(5 * MINUTE_MS);
  expect(warnings).toEqual(["dead-letters-depth"]);
  await mr.dead.discard({});
  await time.advance(2 * MINUTE_MS);
  await die(3);
  await time.advance(MINUTE_MS);
  expect(warnings).toEqual(["dead-letters-depth", "dead-letters-depth"]);
  await mr.close();
});

test("so is one whose oldest died long ago, and one in which many die within an hour", async () => {
  const { mr, time, warnings, die } = heard({ age: "10m", perHour: 2 });
  await die(1);
  await time.advance(8 * MINUTE_MS);
  expect(warnings).toEqual([]);
  await time.advance(3 * MINUTE_MS);
  expect(warnings).toEqual(["dead-letters-age"]);
  await die(1);
  await time.advance(MINUTE_MS);
  expect(warnings).toEqual(["dead-letters-age", "dead-letters-rate"]);
  await mr.close();
});

test("nobody is warned who does not want to be", async () => {
  const { mr, time, warnings, die } = heard(false);
  await die(1_200);
  await time.advance(10 * MINUTE_MS);
  expect(warnings).toEqual([]);
  const never = {
    depth: Number.POSITIVE_INFINITY,
    age: Number.POSITIVE_INFINITY,
    perHour: Number.POSITIVE_INFINITY,
  };
  mr.worker({ deadLetters: never });
  await time.advance(10 * MINUTE_MS);
  expect(warnings).toEqual([]);
  await mr.close();
});

test("thresholds that mean nothing are refused", () => {
  const { mr } = heard(undefined);
  for (const deadLetters of [{ depth: 0 }, { age: "soon" }, { perHour: -1 }, { many: 1 }] as DeadWarnings[]) {
    expect(() => mr.worker({ deadLetters })).toThrow(expect.objectContaining({ code: "bad-config" }));
  }
});

test("dead letters are not removed by age before somebody has been warned", async () => {
  const { mr, time, warnings, die } = heard({ age: "30d" }, { dead: "1h" });
  await die(2);
  await time.advance(50 * MINUTE_MS);
  expect(warnings).toEqual([]);
  await time.advance(5 * MINUTE_MS);
  expect(warnings).toEqual(["dead-letters-removal"]);
  expect(await mr.dead.count({})).toBe(2);
  await time.advance(10 * MINUTE_MS);
  expect(await mr.dead.count({})).toBe(0);
  expect(warnings).toEqual(["dead-letters-removal"]);
  await mr.close();
});

test("nor where they are older than that when a worker starts", async () => {
  const { mr, time, warnings, die } = heard({ age: "30d" });
  await die(1);
  await time.advance(60 * MINUTE_MS);
  const other = createMillrace({
    store: mr.store,
    timing: time,
    retention: { dead: "10m" },
    logger: { ...silent, warn: (message: string) => void warnings.push(message) },
  });
  other.worker({ queues: ["elsewhere"] });
  await time.advance(2_000);
  expect(warnings).toEqual([
    'dead-letters-removal: dead letters of queue "mail" go in a minute, as retention.dead says; ' +
      "replay them, or keep them longer",
  ]);
  expect(await mr.dead.count({})).toBe(1);
  await time.advance(2 * MINUTE_MS);
  expect(await mr.dead.count({})).toBe(0);
  await mr.close();
  await other.close();
});

test("cleanUp warns of dead letters that it is told to remove", async () => {
  const { mr, time, warnings, die } = heard({ age: "30d" });
  await die(1);
  await mr.cleanUp({ olderThan: "1d", states: ["dead"] });
  expect(warnings).toEqual([]);
  await time.advance(MINUTE_MS);
  expect(await mr.cleanUp({ olderThan: "1s", states: ["dead", "completed"] })).toEqual({ removed: 1 });
  expect(warnings).toEqual(["dead-letters-removal"]);
  await mr.close();
});

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

test("age alone is watched where nobody asks how many there are", async () => {
  const many = Number.POSITIVE_INFINITY;
  const { mr, time, warnings, die } = heard({ depth: many, age: "10m", perHour: many });
  await die(2);
  await time.advance(11 * MINUTE_MS);
  expect(warnings).toEqual(["dead-letters-age"]);
  await mr.close();
});
