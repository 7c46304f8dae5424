/** The command line on the embedded store and on memory: one opener, a full disk, Ctrl-C and going on. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgliteClient } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommandResult, essay, millrace, start, TWO_AT_A_TIME, writeFiles } from "./millrace-command.ts";

const DISK = "size=56m";
const FILES = 300;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(...words: readonly string[]): Promise<CommandResult> {
  return millrace(words, { folder });
}

function writeEssays(): void {
  writeFiles(folder, Object.fromEntries(Array.from({ length: FILES }, (_, n) => [`docs/${n}.md`, essay(n)])));
}

test("Ctrl-C lets the documents in work end, exits 130, and the same command goes on", async () => {
  writeEssays();
  const interrupted = start(["ingest", "docs", "-o", "ndjson"], { folder, environment: TWO_AT_A_TIME });
  // The first line tells that the run has begun: the next comes a second later, when a fast machine may be done.
  await expect.poll(() => interrupted.lines.length, { timeout: 100_000, interval: 5 }).toBeGreaterThan(0);
  interrupted.process.kill("SIGINT");
  const { code, err } = await interrupted.ended;
  expect(code).toBe(130);
  expect(err).toMatch(/interrupted: \d+( of 300)? documents are done and kept; run the same command again/);
  const { out, ...rest } = await run("ingest", "docs", "-o", "json");
  expect(rest).toMatchObject({ code: 0, err: expect.stringContaining("continuing run") });
  expect(JSON.parse(out)).toMatchObject({ documents: FILES, ingested: FILES, failed: 0 });
});

test("a second opener is told who has the store: exit 9", async () => {
  const client = createPgliteClient({ directory: join(folder, ".millrace") });
  await client.open();
  try {
    writeFiles(folder, { "a.md": "# A" });
    for (const words of [
      ["ingest", "a.md"],
      ["jobs", "ls"],
    ]) {
      const { code, out, err } = await run(...words);
      expect({ code, out }).toEqual({ code: 9, out: "" });
      expect(err).toMatch(new RegExp(`^error: The store at .* is in use by process ${process.pid} .*\n$`));
    }
  } finally {
    await client.close();
  }
});

test("a full disk ends the command with exit 10, and with room it goes on", async () => {
  if (process.getuid?.() !== 0) throw new Error("A small disk is mounted for this test: run it as root.");
  writeEssays();
  const disk = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", DISK, "tmpfs", disk]);
  try {
    const words = ["ingest", "docs", "-o", "json", "--store", `file:${disk}/store`];
    const environment = { MILLRACE_STORE_CALL_TIMEOUT: "10s" };
    const full = await millrace(words, { folder, environment });
    expect(full).toMatchObject({ code: 10, out: "" });
    expect(full.err).toMatch(/error: The disk of the store at .* is full.*Free some space/);
    execFileSync("mount", ["-o", "remount,size=400m", disk]);
    const { code, out } = await millrace(words, { folder });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ documents: FILES, ingested: FILES, failed: 0 });
  } finally {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true, force: true });
  }
});

test("on memory: an ingest runs, and says that nothing is kept", async () => {
  writeFiles(folder, { "a.md": "# A\n\nSome text." });
  const { code, out, err } = await run("--store", "memory:", "ingest", "a.md", "-o", "json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ documents: 1, ingested: 1 });
  expect(err).toContain("nothing is kept");
});

test("a store of the wrong make is exit 3 for reading, and is not made", async () => {
  const { code, err } = await run("collections", "ls");
  expect(code).toBe(3);
  expect(err).toContain("there is no millrace store at");
});
