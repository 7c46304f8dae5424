/** The rules of the client by URL. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { defineJob, loadSettings, millrace } from "./index.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const double = defineJob({ name: "double", run: (input: number) => input * 2 });

test.each(["memory:", "file:"])("runs jobs on %s", async (scheme) => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-entry-"));
  folders.push(folder);
  const mr = millrace({ store: scheme === "file:" ? `file:${folder}` : scheme, jobs: [double] });
  try {
    const job = await mr.enqueue(double, 21);
    mr.worker();
    expect(await job.result({ timeout: "60s" })).toBe(42);
  } finally {
    await mr.close();
  }
});

const paid = defineJob({
  name: "paid",
  transactional: true,
  run: async (input: number, ctx) => {
    const rows = await ctx.transaction?.query<{ n: number }>("select $1::int * 2 as n", [input]);
    return rows?.[0]?.n;
  },
});

test("transactions are there before the store is opened, and refused where it will have none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-entry-"));
  folders.push(folder);
  const mr = millrace({ store: `file:${folder}`, jobs: [paid] });
  try {
    mr.worker();
    const job = await mr.transaction((transaction) => mr.enqueue(paid, 21, { transaction }));
    expect(await job.result({ timeout: "60s" })).toBe(42);
  } finally {
    await mr.close();
  }
  const without = millrace({ store: "memory:", jobs: [paid] });
  expect(() => without.worker()).toThrow(expect.objectContaining({ code: "unsupported" }));
  await without.close();
});

test("an unusable store is refused when the client is made", () => {
  expect(() => millrace({ store: "redis://localhost" })).toThrow("no Redis adapter yet");
  expect(() => millrace({ store: "mysql://localhost" })).toThrow('store.url is "mysql://localhost"');
});

test("a server that cannot be reached is named, and asked again by the next call", async () => {
  const mr = millrace({ store: "postgres://user:secret@127.0.0.1:1/db", jobs: [double] });
  for (const _ of [1, 2]) await expect(mr.open()).rejects.toMatchObject({ code: "store-unreachable" });
  await mr.close();
});

test("settings are what a program begins with; an option beside them takes the place of its section", async () => {
  const environment = {
    MILLRACE_STORE: "memory:",
    MILLRACE_QUEUES_DEFAULT_CAPACITY: "1",
    MILLRACE_RETRY_DEFAULT: "none",
    MILLRACE_STORE_POOLSIZE: "3",
  };
  const settings = await loadSettings({ folder: tmpdir(), environment });
  const said: string[] = [];
  const logger = { debug() {}, info: (line: string) => void said.push(line), warn() {}, error() {} };
  const mr = millrace({ settings, logger, jobs: [double] });
  const { id } = await mr.enqueue(double, 21);
  expect((await mr.jobs.get(id))?.maxAttempts).toBe(1);
  await expect(mr.enqueue(double, 22)).rejects.toMatchObject({ code: "queue-full" });
  expect(said[0]).toContain("MILLRACE_STORE_POOLSIZE is set, but is no setting");
  await mr.close();
  const own = millrace({ settings, logger, jobs: [double], queues: {}, store: "memory:" });
  await own.enqueueMany(double, [1, 2]);
  await own.close();
});
