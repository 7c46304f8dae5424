/** Where handlers put files, and that nothing of them stays. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { testMillrace } from "./test-millrace.ts";

let tempDir = "";
beforeEach(() => {
  tempDir = join(mkdtempSync(join(tmpdir(), "millrace-temp-folders-")), "work");
});
afterEach(() => rmSync(dirname(tempDir), { recursive: true, force: true }));

test("an attempt has one folder, which is gone when it has ended, also by a failure", async () => {
  const folders: string[] = [];
  const job = defineJob({
    name: "files",
    retry: { maxAttempts: 2, initial: 0 },
    run: async (_input, ctx) => {
      const folder = await ctx.tempFolder();
      expect(await ctx.tempFolder()).toBe(folder);
      expect(readdirSync(folder)).toEqual([]);
      writeFileSync(join(folder, "page-1.txt"), "text");
      folders.push(folder);
      if (ctx.attempt === 1) throw new Error("once");
    },
  });
  const mr = testMillrace({ jobs: [job], storage: { tempDir } });
  await mr.enqueue(job);
  await mr.runAll();
  await mr.close();
  expect(new Set(folders).size).toBe(2);
  expect(folders.every((folder) => folder.startsWith(tempDir))).toBe(true);
  expect(folders.filter(existsSync)).toEqual([]);
  expect(readdirSync(tempDir)).toEqual([]);
  expect(mr.errors.map(({ where }) => where)).toEqual([]);
});

test("an attempt that is over gets no folder", async () => {
  let late: Promise<string> | undefined;
  const job = defineJob({
    name: "late",
    run: (_input, ctx) => {
      late = new Promise<void>((resolve) => setImmediate(resolve)).then(() => ctx.tempFolder());
      late.catch(() => undefined);
    },
  });
  const mr = testMillrace({ jobs: [job], storage: { tempDir } });
  await mr.enqueue(job);
  await mr.runAll();
  await expect(late).rejects.toMatchObject({ code: "bad-usage" });
  await mr.close();
});

test("folders of workers that have not been heard of are swept at the start, and nothing else is", async () => {
  const hourAgo = new Date(Date.now() - 3_600_000);
  const folder = (name: string, at?: Date) => {
    const path = join(tempDir, name);
    mkdirSync(join(path, "job"), { recursive: true });
    if (at !== undefined) utimesSync(path, at, at);
    return path;
  };
  const dead = folder("millrace-worker-1-aaaa", hourAgo);
  const live = folder("millrace-worker-2-bbbb");
  const foreign = folder("somebody-elses", hourAgo);
  const mr = testMillrace({ storage: { tempDir, cleanupInterval: "1h" } });
  await mr.advance("1s");
  await expect.poll(() => existsSync(dead)).toBe(false);
  expect([live, foreign].every(existsSync)).toBe(true);
  utimesSync(live, hourAgo, hourAgo);
  await expect
    .poll(async () => {
      await mr.advance("1h");
      return existsSync(live);
    })
    .toBe(false);
  await mr.close();
  expect(readdirSync(tempDir)).toEqual(["somebody-elses"]);
});

test("a directory that cannot be used fails the attempt, and says why", async () => {
  writeFileSync(tempDir, "a file");
  const job = defineJob({ name: "none", retry: "none", run: async (_input, ctx) => ctx.tempFolder() });
  const mr = testMillrace({ jobs: [job], storage: { tempDir } });
  const { id } = await mr.enqueue(job);
  await mr.runAll();
  expect(await mr.jobs.get(id)).toMatchObject({
    state: "dead",
    error: { message: expect.stringContaining(tempDir) },
  });
  await mr.close();
});

test.each([
  [{ tempDir: "" }, 'storage.tempDir is ""; it takes the path of a directory'],
  [{ cleanupInterval: "1s" }, 'storage.cleanupInterval is "1s"; it takes 60000 ms or more'],
  [{ dir: "x" }, 'storage has no option "dir"'],
])("%j is refused", (storage, message) => {
  expect(() => testMillrace({ storage } as object)).toThrow(message);
});
