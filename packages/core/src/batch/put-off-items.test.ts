/** The rules of items that are put off: their chunk comes back, keeps what is done, and burns no attempt. */
import { expect, test } from "vitest";
import { ClassedError } from "../model/errors.ts";
import { PutOffError } from "../model/put-off.ts";
import { scene } from "../testing/scene.fixture.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";

const HELD = () => new PutOffError("10s", { limit: "model:ada", reason: "rate-limited" });

test("items done beside those that are put off stay done, and no attempt is burnt however often", async () => {
  const calls: number[] = [];
  let held = 3;
  const retries: string[] = [];
  const batch = definePipeline({
    name: "numbers",
    on: { retry: ({ step }) => void retries.push(step) },
  }).step("items", {
    read: () => [1, 2, 3, 4],
    process: (item) => {
      calls.push(item);
      if (item % 2 === 0 && held > 0) throw HELD();
      return item;
    },
    write: () => undefined,
    retry: "none",
  });
  const { mr, time } = scene([batch]);
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(5_000);
  const [chunk] = (await mr.jobs.list({ name: "numbers/chunk" })).rows;
  expect(chunk).toMatchObject({ state: "scheduled", attempts: 0, snoozes: 1 });
  expect((await mr.explain(chunk?.id ?? ""))?.reasons[0]).toMatchObject({ reason: "rate-limited" });
  expect((await run.row()).counters["items"]).toMatchObject({ done: 2 });
  for (; held > 0; held -= 1) await time.advance(11_000);
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "completed", counters: { items: { done: 4 } } });
  expect((await run.row()).counters["items"]?.["retried"] ?? 0).toBe(0);
  expect(calls.filter((item) => item % 2 === 1)).toEqual([1, 3]);
  expect(retries).toEqual([]);
  await mr.close();
});

test("where others have failed beside them, the chunk is tried again as its policy says", async () => {
  let round = 0;
  const batch = definePipeline({ name: "numbers" }).step("items", {
    read: () => [1, 2],
    process: (item) => {
      if (item === 1) round += 1;
      if (item === 1 && round === 1) throw new ClassedError("connection", "cut", "it broke");
      if (item === 2 && round === 1) throw HELD();
      return item;
    },
    write: () => undefined,
    retry: { maxAttempts: 2, initial: "1s", jitter: "none" },
  });
  const { mr, time } = scene([batch]);
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "completed", counters: { items: { done: 2, retried: 1 } } });
  await mr.close();
});

test("a reader or a condition that puts itself off never fails its step, however often others of its calls have failed", async () => {
  const calls = { read: 0, when: 0 };
  const unready = (what: keyof typeof calls) => {
    calls[what] += 1;
    if (calls[what] <= 2) throw new Error("not yet");
    if (calls[what] <= 6) throw HELD();
  };
  const batch = definePipeline({ name: "numbers" }).step("items", {
    when: () => {
      unready("when");
      return true;
    },
    read: () => {
      unready("read");
      return [1];
    },
    process: (item) => item,
  });
  const { mr, time } = scene([batch]);
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(300_000);
  expect(await run.row()).toMatchObject({ state: "completed", counters: { items: { done: 1 } } });
  expect(calls).toEqual({ read: 7, when: 7 });
  await mr.close();
});

test("items that were late are put off by the hook that is told of them, for as long as it asks for and by its reason", async () => {
  let calls = 0;
  const batch = definePipeline({ name: "numbers" }).step("items", {
    read: () => [1, 2],
    process: (item, { signal }) => {
      if (item === 1) return item;
      return new Promise<number>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
    failed: () => {
      calls += 1;
      if (calls === 1) throw new PutOffError("2m", { limit: "log", reason: "the log is full" });
    },
    timeout: "1s",
    retry: "none",
  });
  const { mr, time } = scene([batch]);
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(10_000);
  const [chunk] = (await mr.jobs.list({ name: "numbers/chunk" })).rows;
  expect(chunk).toMatchObject({ state: "scheduled", attempts: 0, snoozes: 1 });
  expect((await mr.explain(chunk?.id ?? ""))?.reasons[0]).toMatchObject({
    ...{ code: "snoozed", limit: "log", reason: "the log is full" },
  });
  await time.advance(100_000);
  expect(calls).toBe(1);
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "partial", counters: { items: { done: 1, failed: 1 } } });
  expect(calls).toBe(2);
  await mr.close();
});
