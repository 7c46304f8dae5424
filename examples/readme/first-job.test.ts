/** Owns the README's example: the block printed there is the file, and it runs on the memory and the embedded store. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { millrace } from "millrace";
import { expect, test } from "vitest";
import { firstJob } from "./first-job.ts";

const RESULT = { sentTo: "ada@example.com", attempt: 2 };

function textOf(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

test("the README prints the file", () => {
  const blocks = [...textOf("../../README.md").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  expect(blocks).toContain(textOf("first-job.ts"));
});

test("runs on the memory store", async () => {
  expect(await firstJob("memory:")).toEqual(RESULT);
});

test("runs on the embedded store, where the next process finds what became of it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-example-"));
  const store = `file:${directory}`;
  try {
    expect(await firstJob(store)).toEqual(RESULT);
    const later = millrace({ store });
    const { rows } = await later.jobs.list();
    await later.close();
    expect(rows).toMatchObject([{ name: "mail.welcome", state: "completed", attempts: 2, result: RESULT }]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
