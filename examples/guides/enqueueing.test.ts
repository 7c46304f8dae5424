/** Owns the snippets of the guide to enqueueing: they are lines of the file, and the file runs. */
import { readFileSync } from "node:fs";
import { type Millrace, millrace } from "millrace";
import { expect, test } from "vitest";
import { booking, debounce, keys, many, ordering, queues, reindex, times, welcome } from "./enqueueing.ts";

function linesOf(path: string): readonly string[] {
  return readFileSync(new URL(path, import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.trim());
}

async function onMemory<T>(example: (mr: Millrace) => Promise<T>): Promise<T> {
  const mr = millrace({ store: "memory:", jobs: [welcome, reindex, booking] });
  try {
    return await example(mr as Millrace);
  } finally {
    await mr.close();
  }
}

test("the guide prints nothing that is not in the file", () => {
  const guide = linesOf("../../docs/guides/enqueueing.md").join("\n");
  const printed = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, block = ""]) => block.split("\n"));
  const file = new Set(linesOf("enqueueing.ts"));
  expect(printed.length).toBeGreaterThan(10);
  expect(printed.filter((line) => !file.has(line))).toEqual([]);
});

test("jobs may come later, or not at all", async () => {
  const states = await onMemory(async (mr) => {
    await times(mr);
    return (await mr.jobs.list()).rows.map(({ state, expiresAt }) => [state, expiresAt !== null]);
  });
  expect(states).toEqual([
    ["ready", true],
    ["scheduled", false],
    ["scheduled", false],
  ]);
});

test("keys keep duplicates out", async () => {
  expect(await onMemory(keys)).toEqual({ first: "created", again: "duplicate", same: true });
  expect(await onMemory(debounce)).toBe("replaced");
  expect(await onMemory(many)).toEqual({ enqueued: 2, duplicates: 1 });
});

test("an ordering key orders, and queues are set", async () => {
  await onMemory(ordering);
  expect(await onMemory(queues)).toEqual([
    { queue: "default", paused: false, source: "operator", capacity: 10_000, capacities: { bulk: 1_000 } },
  ]);
});
