/** Owns the guides' examples: the block printed in a guide is the file, and it does what the guide says. */
import { readFileSync } from "node:fs";
import { memoryStore } from "@millrace/core";
import { VirtualTime } from "@millrace/core/testing";
import { createMillrace } from "millrace";
import { expect, test } from "vitest";
import { countTheBook } from "./children.ts";
import { trackParcel } from "./outcomes.ts";
import { whyNotSent } from "./troubleshooting.ts";

function textOf(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

test.each([
  ["children.md", "children.ts"],
  ["outcomes-and-retries.md", "outcomes.ts"],
  ["troubleshooting.md", "troubleshooting.ts"],
])("%s prints %s", (guide, file) => {
  const blocks = [...textOf(`../../docs/guides/${guide}`).matchAll(/^```ts\n(.*?)^```$/gms)];
  expect(blocks.map(([, block]) => block)).toContain(textOf(file));
});

test("a parent adds up what its children counted", async () => {
  expect(await countTheBook("memory:")).toEqual({ words: 9, chapters: 2 });
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
