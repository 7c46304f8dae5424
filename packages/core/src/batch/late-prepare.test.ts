/** The rules of a step whose `prepare` hangs: the step's time-out ends it, by name, and nothing is lost. */
import { expect, test } from "vitest";
import { scene } from "../testing/scene.fixture.ts";
import type { ChunkOptions } from "./definition.ts";
import { definePipeline } from "./pipeline/define-pipeline.ts";

function hanging(parts: Partial<ChunkOptions<object, number, unknown, number>> = {}) {
  let hangs = true;
  const batch = definePipeline({ name: "numbers" }).step("items", {
    read: () => [1, 2, 3, 4],
    prepare: (_items, { signal }) => {
      if (!hangs) return undefined;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      });
    },
    process: (item) => item,
    write: () => undefined,
    chunkSize: 2,
    timeout: "10s",
    retry: { maxAttempts: 2, initial: "30s", jitter: "none" },
    ...parts,
  });
  return {
    ...scene([batch]),
    batch,
    letBe: () => {
      hangs = false;
    },
  };
}

const MESSAGE = /prepare was under way when attempt \d of its chunk ran into the step's timeout of 10 s$/;

test("each attempt is explained by it, and so are the items of a chunk that has had its last", async () => {
  const { mr, time, batch, letBe } = hanging();
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(15_000);
  const [chunk] = (await mr.jobs.list({ name: "numbers/chunk" })).rows;
  expect(chunk).toMatchObject({ state: "retrying", attempts: 1 });
  expect((await mr.explain(chunk?.id ?? ""))?.reasons[0]).toMatchObject({
    code: "retrying",
    error: expect.stringMatching(/^timeout: prepare was under way when attempt 1 /),
  });
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "partial", counters: { items: { failed: 4, read: 4 } } });
  for await (const item of run.items("items"))
    expect(item).toMatchObject({
      ...{ state: "failed", stage: "chunk", errorClass: "timeout", reason: "timed-out" },
      message: expect.stringMatching(MESSAGE),
    });
  letBe();
  await run.restart({ only: "failed" });
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "completed", counters: { items: { done: 4 } } });
  await mr.close();
});

test("it does not keep the run from being cancelled, nor its items from being run by a restart", async () => {
  const { mr, time, batch, letBe } = hanging();
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(5_000);
  await run.cancel("no more");
  await time.advance(10_000);
  expect(await run.row()).toMatchObject({ state: "cancelled" });
  letBe();
  await run.restart();
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "completed", counters: { items: { done: 4 } } });
  await mr.close();
});

test("listeners are told of each attempt, also of one that has outlasted its grace", async () => {
  const told: string[] = [];
  const batch = definePipeline({
    name: "numbers",
    on: {
      afterChunk: ({ attempt, error }) => void told.push(`after ${attempt}: ${String(error).slice(0, 37)}`),
      retry: ({ attempt }) => void told.push(`retry ${attempt}`),
    },
  }).step("items", {
    read: () => [1],
    prepare: () => new Promise(() => undefined),
    process: (item) => item,
    timeout: "10s",
    retry: { maxAttempts: 2, initial: "1s", jitter: "none" },
  });
  const { mr, time } = scene([batch]);
  mr.worker({ grace: "1s" });
  const run = await mr.start(batch, {});
  await time.advance(60_000);
  expect(await run.row()).toMatchObject({ state: "partial" });
  expect(told).toEqual([
    "after 1: ClassedError: prepare was under way w",
    "retry 1",
    "after 2: ClassedError: prepare was under way w",
  ]);
});

test("where the step fails fast, the first chunk given up for it is enough", async () => {
  const { mr, time, batch } = hanging({ onFailure: "failFast", concurrency: 1, chunkSize: 1 });
  mr.worker();
  const run = await mr.start(batch, {});
  await time.advance(300_000);
  expect(await run.row()).toMatchObject({ state: "failed" });
  await mr.close();
});
