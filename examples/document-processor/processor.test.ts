/** Shows that the guide's file means what it says: loaded as a program loads it, and run in virtual time. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadSettings, programOptions, type Settings } from "millrace";
import { type TestMillrace, testMillrace } from "millrace/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Documents, documentJob, openClient } from "./processor.ts";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const GUIDE = new URL("../../docs/guides/from-spring-batch.md", import.meta.url);

let tempDir = "";
beforeEach(() => {
  tempDir = mkdtempSync(join(tmpdir(), "millrace-documents-"));
});
afterEach(() => rmSync(tempDir, { recursive: true, force: true }));

/** The file as it is, but for a temporary folder that a test may use. */
function load(profile?: string): Promise<Settings> {
  return loadSettings({ folder: FOLDER, environment: { MILLRACE_STORAGE_TEMP_DIR: tempDir }, profile });
}

const PLAIN: Documents = { fetch: async () => new Uint8Array(), split: async () => 1 };

async function open(documents: Partial<Documents> = {}) {
  const job = documentJob({ ...PLAIN, ...documents });
  const { migrate, ...options } = programOptions(await load());
  return { job, mr: testMillrace({ ...options, jobs: [job] }) };
}

const urls = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ url: `https://example.com/${n}` }));
const minutes = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 60_000;

test("the guide prints the file", () => {
  const blocks = [...readFileSync(GUIDE, "utf8").matchAll(/^```yaml\n(.*?)^```$/gms)].map(
    ([, block]) => block,
  );
  expect(blocks).toEqual([readFileSync(join(FOLDER, "millrace.config.yaml"), "utf8")]);
});

test("the development profile changes what it names and leaves the rest", async () => {
  const settings = await load("development");
  expect(settings.get("store.url")).toBe("file:./.millrace");
  expect(settings.get("worker.concurrency")).toBe(2);
  expect(settings.get("worker.maxConcurrentJobs")).toBe(50);
  expect(settings.queues()["documents"]).toEqual({ capacity: 100, ttl: "3600s" });
});

test("the program opens with what its file and variables say", async () => {
  vi.stubEnv("MILLRACE_CONFIG", join(FOLDER, "millrace.config.yaml"));
  vi.stubEnv("MILLRACE_STORE", "memory:");
  vi.stubEnv("MILLRACE_STORAGE_TEMP_DIR", tempDir);
  const mr = await openClient(PLAIN);
  vi.unstubAllEnvs();
  await mr.open();
  expect(await mr.queues.list()).toMatchObject([{ queue: "documents", capacity: 100 }]);
  const job = await mr.enqueue("document.process", { url: "https://example.com/1" });
  mr.worker();
  expect(await job.result({ timeout: "60s" })).toEqual({ pages: 1 });
  await mr.close();
});

describe("in a run", () => {
  test("a document that nobody has started an hour after it was due expires", async () => {
    const { job, mr } = await open();
    await mr.queues.pause("documents");
    const { id } = await mr.enqueue(job, { url: "https://example.com/1" });
    await mr.advance("59m");
    expect(await mr.jobs.status(id)).toBe("ready");
    await mr.advance("2m");
    expect(await mr.jobs.status(id)).toBe("expired");
    await mr.close();
  });

  test("the 101st in line is refused, until there is room again", async () => {
    const { job, mr } = await open();
    await mr.queues.pause("documents");
    expect(await mr.enqueueMany(job, urls(101))).toMatchObject({ enqueued: 100, refused: 1 });
    await expect(mr.enqueue(job, { url: "https://example.com/101" })).rejects.toMatchObject({
      code: "queue-full",
    });
    await mr.queues.resume("documents");
    await mr.advance("1m");
    await mr.enqueue(job, { url: "https://example.com/101" });
    await mr.close();
  });

  test("the fourth failure is the last, each a minute after the one before", async () => {
    const { job, mr } = await open({
      split: async () => {
        throw new Error("the parser gave up");
      },
    });
    const { id } = await mr.enqueue(job, { url: "https://example.com/1" });
    await mr.advance("10m");
    expect(await mr.jobs.get(id)).toMatchObject({ state: "dead", attempts: 4, maxAttempts: 4 });
    const ends = (await mr.jobs.history(id))?.map(({ endedAt }) => endedAt) ?? [];
    expect(ends.slice(1).map((end, index) => minutes(ends[index] ?? "", end))).toEqual([1, 1, 1]);
    await mr.close();
  });

  test("ten run at once to begin with, fifty while there is that much to do, and never more", async () => {
    let running = 0;
    const seen: number[] = [];
    const { job, mr } = await open({
      split: async () => {
        running += 1;
        seen.push(running);
        await new Promise<void>((resolve) => mr.time.after(30_000, resolve));
        running -= 1;
        return 1;
      },
    });
    const others = mr.worker({ name: "other" }); // of the same process, and so under the same ceiling
    await mr.enqueueMany(job, urls(100));
    await fillUp(mr, 20, () => running);
    expect(running).toBe(20); // ten of each worker
    await fillUp(mr, 50, () => running);
    await mr.advance("10m");
    expect(Math.max(...seen)).toBe(50);
    expect(await mr.counters()).toMatchObject({ completed: 100 });
    await others.stop();
    await mr.close();
  });

  test("what has ended is forgotten after a day, failures too", async () => {
    const { job, mr } = await open({
      split: async (path) => {
        if (path.includes("never")) return 1;
        throw new Error("no");
      },
    });
    const { id } = await mr.enqueue(job, { url: "https://example.com/1" });
    await mr.advance("5m");
    expect(await mr.jobs.status(id)).toBe("dead");
    await mr.advance("23h");
    expect(await mr.jobs.status(id)).toBe("dead");
    await mr.advance("1h");
    expect(await mr.jobs.status(id)).toBeUndefined();
    await mr.close();
  });

  test("a document's files are in the temporary folder while it is processed, and gone afterwards", async () => {
    const paths: string[] = [];
    const { job, mr } = await open({
      split: async (path) => {
        expect(existsSync(path)).toBe(true);
        paths.push(path);
        return 3;
      },
    });
    const { id } = await mr.enqueue(job, { url: "https://example.com/1" });
    await mr.runAll();
    expect((await mr.jobs.get(id))?.result).toEqual({ pages: 3 });
    await mr.close();
    expect(paths.map((path) => [path.startsWith(tempDir), basename(path), existsSync(path)])).toEqual([
      [true, "document.pdf", false],
    ]);
    expect(readdirSync(tempDir)).toEqual([]);
    expect((await load()).get("storage.cleanupInterval")).toBe("24h");
  });
});

/** Lets jobs start, some of which look at the disk first, while time moves on by as little as slots need to grow. */
async function fillUp(mr: TestMillrace, count: number, running: () => number): Promise<void> {
  for (let round = 0; round < 1_000 && running() < count; round += 1)
    await mr.advance(running() < 20 ? 0 : 250);
}
