/** Owns the guide's example, built as a program would be and run in real processes: it does what the guide says. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createMillrace, memoryStore } from "millrace";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matchPattern as source } from "./match-pattern.ts";

/** Below the repository, so that what the example imports is found. */
const CACHE = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

let folder = "";
let matchPattern: typeof source;

beforeAll(async () => {
  mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(CACHE, "millrace-example-"));
  const input = fileURLToPath(new URL("match-pattern.ts", import.meta.url));
  const built = await rolldown({ input, platform: "node", external: /^[^./]/ });
  const file = join(folder, "match-pattern.mjs");
  await built.write({ file });
  await built.close();
  const isolation = source.isolation && { ...source.isolation, module: pathToFileURL(file).href };
  matchPattern = Object.freeze({ ...source, isolation });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a good pattern gives its matches; a bad one costs its job and nothing else", async () => {
  const mr = createMillrace({ store: memoryStore(), jobs: [matchPattern] });
  mr.worker({ isolated: { processes: 2 } });
  const bad = await mr.enqueue(matchPattern, { pattern: "(a+)+$", text: `${"a".repeat(60)}!` });
  const good = await mr.enqueue(matchPattern, { pattern: "a.", text: "abacad" });
  expect(await good.result()).toEqual({ matches: 3 });
  await expect(bad.result()).rejects.toMatchObject({ code: "job-failed" });
  expect(await mr.jobs.get(bad.id)).toMatchObject({
    state: "dead",
    attempts: 1,
    error: { class: "timeout", reason: "cpu-limit" },
  });
  await mr.close();
});
