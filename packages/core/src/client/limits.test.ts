import { expect, test } from "vitest";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import { scene } from "../testing/scene.fixture.ts";
import { defineJob } from "./define-job.ts";

const KEY = "model:ada";

test("a hold is listed with what is left of it, until it is let go", async () => {
  const { mr, time } = scene([]);
  const held = await mr.limits.hold(KEY, { for: "30s", reason: "quota" }, { by: "ann" });
  expect(held).toEqual({
    key: KEY,
    until: new Date(time.now() + 30_000).toISOString(),
    leftMs: 30_000,
    reason: "quota",
    by: "ann",
  });
  await time.advance(10_000);
  expect(await mr.limits.list()).toEqual([{ ...held, leftMs: 20_000 }]);
  await mr.limits.release(KEY);
  expect(await mr.limits.list()).toEqual([]);
  expect(await mr.limits.left(KEY)).toBeUndefined();
  await mr.close();
});

test("no hold is shortened but by one that says so", async () => {
  const { mr } = scene([]);
  await mr.limits.hold(KEY, { for: "30s" });
  expect((await mr.limits.hold(KEY, { for: "1s" })).leftMs).toBe(30_000);
  expect((await mr.limits.hold(KEY, { for: "1s", shorten: true })).leftMs).toBe(1_000);
  await mr.close();
});

test("code that calls something holds in short, in whole ms, and learns what others hold within a second", async () => {
  const { mr, time, store } = scene([]);
  await mr.limits.hold(KEY, 0.5, "x".repeat(2_000));
  const [held] = await mr.limits.list();
  expect(held).toMatchObject({ leftMs: 1 });
  expect(held?.reason).toHaveLength(500);
  expect((await mr.audit.list({})).rows).toEqual([]);
  expect(await mr.limits.left("other")).toBeUndefined();
  await store.hold([{ key: "other", forMs: 60_000, reason: "429" }]);
  await time.advance(1_000);
  expect(await mr.limits.left("other")).toEqual({ ms: 60_000 - 1_000, reason: "429" });
  await mr.close();
});

test("what a person does leaves a record with the reason", async () => {
  const { mr } = scene([]);
  await mr.limits.hold(KEY, { for: "30s", reason: "quota" }, { actor: { kind: "user", id: "ann" } });
  await mr.limits.release(KEY, { reason: "paid", actor: { kind: "user", id: "bob" } });
  expect((await mr.audit.list({})).rows.toReversed()).toMatchObject([
    { type: "limit.held", actor: { id: "ann" }, reason: "quota", resourceId: KEY },
    { type: "limit.released", actor: { id: "bob" }, reason: "paid", resourceId: KEY },
  ]);
  await mr.close();
});

test("what is no hold is refused by name", async () => {
  const { mr } = scene([]);
  const bad = { for: "30s", until: "x" } as const;
  await expect(mr.limits.hold(KEY, bad)).rejects.toThrow('limits.hold has no option "until"');
  await expect(mr.limits.hold(KEY, { for: "soon" as "1s" })).rejects.toThrow("limits.hold.for");
  await expect(mr.limits.hold("", { for: "1s" })).rejects.toMatchObject({ code: "bad-input" });
  await mr.close();
});

test("a definition's limits are keys, few enough, that can be kept", () => {
  const run = () => 1;
  for (const limits of [
    [""],
    ["k".repeat(201)],
    ["a\0"],
    Array.from({ length: 17 }, (_, index) => String(index)),
  ]) {
    expect(() => defineJob({ name: "j", limits, run })).toThrow('job "j": limits');
  }
  expect(defineJob({ name: "j", limits: ["a", "a"], run }).limits).toEqual(["a"]);
});

test("limits made of an input are checked with it, and the job carries them", async () => {
  const job = defineJob({
    name: "embed",
    limits: ({ model }: { model: string }) => [`model:${model}`],
    run: (_input: { model: string }) => 1,
  });
  const store = memoryStore();
  const mr = createMillrace({ store, jobs: [job] });
  await mr.enqueue(job, { model: "ada" });
  await mr.enqueueMany(job, [{ model: "bob" }, { model: "cy" }]);
  await mr.schedule("nightly", { run: job, every: "1h", input: { model: "dan" } });
  const rows = (await store.find({}, { limit: 10 })).rows.map(({ envelope }) => envelope);
  expect(rows.toReversed().map((envelope) => JSON.parse(envelope.slice(1)).limits)).toEqual([
    ["model:ada"],
    ["model:bob"],
    ["model:cy"],
  ]);
  const [schedule] = (await store.findSchedules({}, { limit: 1 })).rows;
  expect(schedule?.definition).toContain('"limits":["model:dan"]');
  await expect(mr.enqueue(job, { model: "x".repeat(300) })).rejects.toMatchObject({ code: "bad-config" });
  await mr.close();
});
