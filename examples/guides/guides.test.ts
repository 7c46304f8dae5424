/** Owns the guides' examples: the block printed in a guide is the file, and it does what the guide says. */
import { readFileSync } from "node:fs";
import { memoryStore } from "@millrace/core";
import { VirtualTime } from "@millrace/core/testing";
import { createMillrace } from "millrace";
import { expect, test } from "vitest";
import { stopTheMail } from "./audit.ts";
import { countTheBook } from "./children.ts";
import { embedJob } from "./limits.ts";
import { trackParcel } from "./outcomes.ts";
import { whyNotSent } from "./troubleshooting.ts";

function textOf(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

test.each([
  ["audit.md", "audit.ts"],
  ["children.md", "children.ts"],
  ["limits.md", "limits.ts"],
  ["outcomes-and-retries.md", "outcomes.ts"],
  ["troubleshooting.md", "troubleshooting.ts"],
])("%s prints %s", (guide, file) => {
  const blocks = [...textOf(`../../docs/guides/${guide}`).matchAll(/^```ts\n(.*?)^```$/gms)];
  expect(blocks.map(([, block]) => block)).toContain(textOf(file));
});

test("a parent adds up what its children counted", async () => {
  expect(await countTheBook("memory:")).toEqual({ words: 9, chapters: 2 });
});

test("whoever stops the mail is written down, and heads come of it", async () => {
  expect(await stopTheMail("memory:", "ann")).toEqual([
    { tenant: "", n: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { tenant: "acme", n: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});

test("a job tells why it does not run", async () => {
  const codes = ["paused", "not-before", "no-worker"];
  expect(await whyNotSent("memory:")).toEqual({ state: "scheduled", codes, workers: 0 });
});

test.each([
  [["on its way", "on its way", "delivered"], { state: "completed", attempts: 1, snoozes: 2 }],
  [["unknown"], { state: "dead", attempts: 1, error: { class: "not-found", reason: "no-such-parcel" } }],
  [["damaged"], { state: "dead", attempts: 1, error: { reason: "unrecoverable" } }],
  [["busy"], { state: "dead", attempts: 3 }],
] as const)("a parcel that is %j ends as the guide says", async (answers, expected) => {
  const time = new VirtualTime();
  const store = memoryStore({ now: () => time.now() });
  const mr = createMillrace({ store, jobs: [trackParcel], timing: time });
  mr.worker();
  const { id } = await mr.enqueue(trackParcel, { parcel: "p1", answers: [...answers] });
  await time.advance(30 * 60_000);
  expect(await mr.jobs.get(id)).toMatchObject(expected);
  await mr.close();
});

test("one process is told to come back in 30 s, and the other one waits too", async () => {
  const time = new VirtualTime();
  const store = memoryStore({ now: () => time.now() });
  const calls: { readonly by: string; readonly atMs: number }[] = [];
  const startMs = time.now();
  const program = (by: string) => {
    const job = embedJob(async () => {
      calls.push({ by, atMs: time.now() - startMs });
      return calls.length === 1 ? { status: 429, retryAfterSeconds: 30 } : { status: 200, vector: [1] };
    });
    const mr = createMillrace({ store, jobs: [job], timing: time });
    mr.worker({ concurrency: 1 });
    return { mr, job };
  };
  const [one, other] = [program("one"), program("other")];
  await one.mr.enqueue(one.job, { model: "ada", text: "a" });
  await time.advance(1_000);
  await one.mr.enqueueMany(
    one.job,
    ["b", "c", "d"].map((text) => ({ model: "ada", text })),
  );
  await time.advance(28_000);
  expect(calls).toHaveLength(1);
  expect(await other.mr.limits.list()).toMatchObject([{ key: "model:ada", reason: "429 from the endpoint" }]);
  await time.advance(10_000);
  expect(calls).toHaveLength(5);
  expect(Math.min(...calls.slice(1).map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(30_000);
  const { queues } = await one.mr.stats();
  expect(queues).toMatchObject([{ queue: "embeddings", queued: 0 }]);
  await Promise.all([one.mr.close(), other.mr.close()]);
});
