/** Ingest, search and the looking commands as built, on PostgreSQL: reports, refusals, exit codes, shared runs. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CommandResult, essay, millrace, start, writeFiles } from "./millrace-command.ts";

const KEYS_OF_REPORT = [
  "documents",
  "unchanged",
  "ingested",
  "ignored",
  "failed",
  "pages",
  "passages",
  "failures",
  "seconds",
  "peakBytes",
];
/** Root may read everything, unless it gives that right up. */
const WITHOUT_ROOTS_RIGHTS =
  process.getuid?.() === 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : undefined;

let folder = "";
let schema = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  schema = `cli_${randomBytes(6).toString("hex")}`;
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sql(`drop schema if exists "${schema}" cascade`);
});

async function sql(text: string): Promise<void> {
  const client = new Client({ connectionString: process.env.MILLRACE_TEST_POSTGRES_URL });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function environment(): Readonly<Record<string, string>> {
  return {
    MILLRACE_STORE: process.env.MILLRACE_TEST_POSTGRES_URL ?? "",
    MILLRACE_STORE_SCHEMA: schema,
    MILLRACE_WORKER_LEASE: "2s",
  };
}

function run(...words: readonly string[]): Promise<CommandResult> {
  return millrace(words, { folder, environment: environment() });
}

/** The files of most tests: two good ones, one of another type. */
function writeTwo(): void {
  writeFiles(folder, {
    "docs/mill.md": "# Mill\n\nA millrace is the channel that drives the wheel of a mill.\n",
    "docs/bread.txt": "Bread is baked from flour, water and salt.\n",
    "docs/picture.png": "not a document",
  });
}

describe("ingest", () => {
  test("reports in exactly the keys of the contract, and finds everything unchanged the second time", async () => {
    writeTwo();
    const first = await run("ingest", "docs", "-o", "json");
    expect(first.code).toBe(0);
    const report = JSON.parse(first.out);
    expect(Object.keys(report)).toEqual(KEYS_OF_REPORT);
    expect(report).toMatchObject({
      documents: 2,
      unchanged: 0,
      ingested: 2,
      ignored: 1,
      failed: 0,
      pages: 2,
    });
    expect(report.peakBytes).toBeGreaterThan(20e6);
    const second = await run("ingest", "docs", "-o", "json");
    expect(JSON.parse(second.out)).toMatchObject({
      documents: 2,
      unchanged: 2,
      ingested: 0,
      pages: 0,
      passages: 0,
    });
    expect((await run("ingest", "docs")).out).toContain("nothing new: all 2 documents are unchanged");
  });

  test("only changed files are read again, and vanished ones leave the collection", async () => {
    writeTwo();
    await run("ingest", "docs");
    writeFiles(folder, { "docs/bread.txt": "Rye bread keeps longer.\n" });
    rmSync(join(folder, "docs/mill.md"));
    expect(JSON.parse((await run("ingest", "docs", "-o", "json")).out)).toMatchObject({
      documents: 1,
      ingested: 1,
    });
    expect(JSON.parse((await run("collections", "show", "docs", "-o", "json")).out)).toMatchObject({
      documents: 1,
    });
  });

  test("files that fail are counted by reason and named, and the rest is in: exit 5", async () => {
    writeTwo();
    writeFiles(folder, {
      "docs/broken.pdf": "%PDF-1.7\nnothing behind the head",
      "docs/locked.txt": "secret",
      "docs/text.pdf": "only text",
    });
    chmodSync(join(folder, "docs/locked.txt"), 0);
    const words = ["ingest", "docs", "-o", "json"];
    const options = { folder, environment: environment(), through: WITHOUT_ROOTS_RIGHTS };
    const { code, out } = await millrace(words, options);
    expect(code).toBe(5);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ documents: 5, ingested: 2, failed: 3 });
    expect(report.failures).toEqual({ malformed: 2, unreadable: 1 });
    const [newest] = JSON.parse((await run("batch", "ls", "-o", "json")).out);
    const items = (await run("batch", "items", newest.id, "--state", "failed")).out;
    for (const name of ["broken.pdf", "locked.txt", "text.pdf"]) expect(items).toContain(join("docs", name));
    expect(items).toContain("permission denied");
    expect((await run("batch", "watch", newest.id)).code).toBe(5);
  });

  test("a named file of another type fails, it is not ignored", async () => {
    writeTwo();
    const { code, out } = await run("ingest", "docs/picture.png", "-o", "json");
    expect(code).toBe(5);
    expect(JSON.parse(out)).toMatchObject({ documents: 1, ignored: 0, failures: { unsupported: 1 } });
  });

  test("an empty folder is nothing to do", async () => {
    mkdirSync(join(folder, "empty"));
    expect(await run("ingest", "empty", "-o", "json")).toMatchObject({ code: 0 });
  });

  test("data goes to stdout, messages to stderr, and neither has colours", async () => {
    writeTwo();
    const { out, err } = await run("ingest", "docs");
    expect(out).toContain("2 documents: 2 ingested");
    expect(out + err).not.toContain("\u001b");
    expect((await run("ingest", "docs", "-q")).err).not.toContain("documents");
  });

  test("several at once on the same paths share one run", async () => {
    writeFiles(
      folder,
      Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`docs/${n}.md`, essay(n, 4)])),
    );
    const both = await Promise.all([
      run("ingest", "docs", "-o", "json"),
      run("ingest", "docs", "-o", "json"),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const runs = JSON.parse((await run("batch", "ls", "-o", "json")).out);
    const show = JSON.parse((await run("collections", "show", "docs", "-o", "json")).out);
    expect(show.documents).toBe(200);
    expect(runs.length).toBeLessThanOrEqual(2); // the second may have come after the end of the first
    expect(runs[0].steps.documents.read).toBe(200);
  });

  test("a killed one is continued: nothing lost, nothing twice", async () => {
    writeFiles(folder, Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`docs/${n}.md`, essay(n)])));
    const killed = start(["ingest", "docs", "-o", "ndjson"], { folder, environment: environment() });
    await expect.poll(() => documentsOf(killed.lines), { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
    killed.process.kill("SIGKILL");
    await killed.ended;
    const { code, out, err } = await run("ingest", "docs", "-o", "json");
    expect(code).toBe(0);
    expect(err).toContain("continuing run");
    expect(JSON.parse(out)).toMatchObject({ documents: 300, ingested: 300 });
    expect(JSON.parse((await run("collections", "show", "docs", "-o", "json")).out).documents).toBe(300);
  });
});

/** Documents done, of the last progress line. */
function documentsOf(lines: readonly string[]): number {
  const last = lines.at(-1);
  return last === undefined ? 0 : JSON.parse(last).documents;
}

describe("search", () => {
  test("gives rank, score, source, page, headings and a snippet", async () => {
    writeTwo();
    await run("ingest", "docs");
    const { code, out } = await run("search", "docs", "what", "drives", "the", "wheel?", "-k", "1");
    expect(code).toBe(0);
    expect(out).toMatch(
      /^ 1\. 0\.\d{3} {2}docs\/mill\.md {2}p\. 1\n {4}Mill\n {4}.*drives the wheel of a mill/,
    );
    const hits = JSON.parse((await run("search", "docs", "salt in bread", "-o", "json")).out);
    expect(hits[0]).toMatchObject({ rank: 1, source: expect.stringMatching(/bread\.txt$/), pageStart: 1 });
  });

  test("a collection that is not there is exit 3, an empty question exit 2", async () => {
    writeTwo();
    await run("ingest", "docs");
    expect(await run("search", "nope", "x")).toMatchObject({ code: 3, out: "" });
    expect(await run("search", "docs", " ")).toMatchObject({ code: 2, out: "" });
  });
});

describe("one clear line for", () => {
  test("a store that cannot be reached: exit 8", async () => {
    const { code, err } = await run("--store", "postgres://u:secret@127.0.0.1:1/db", "jobs", "ls");
    expect(code).toBe(8);
    expect(err).toMatch(/^error: .*127\.0\.0\.1:1\/db cannot be reached.*\n$/);
    expect(err).not.toContain("secret");
  });

  test("a collection of another dimension: exit 9, and nothing is changed", async () => {
    writeTwo();
    await run("ingest", "docs");
    await sql(`update "${schema}".collection set dimensions = 3`);
    const { code, err } = await run("ingest", "docs");
    expect(code).toBe(9);
    expect(err).toContain('error: collection "docs" holds 3-dimensional vectors');
    expect((await run("search", "docs", "x")).code).toBe(9);
  });

  test("a store nobody has written to: exit 3, and it stays that way", async () => {
    for (const words of [
      ["jobs", "ls"],
      ["search", "docs", "x"],
      ["collections", "ls"],
    ]) {
      expect(await run(...words)).toMatchObject({
        code: 3,
        err: expect.stringContaining("no millrace store at"),
      });
    }
    expect((await run("doctor")).out).toContain("migrations pending: 0001-first");
  });
});

describe("the looking commands", () => {
  test("doctor finds nothing wrong with a used store, and a missing one", async () => {
    writeTwo();
    await run("ingest", "docs");
    const { code, out } = await run("doctor", "-o", "json");
    expect(code).toBe(0);
    expect(JSON.parse(out).map((finding: { what: string }) => finding.what)).toEqual([
      "node",
      "settings",
      "store",
      "durability",
      "schema",
      "vectors",
    ]);
    expect((await run("doctor", "--store", "postgres://127.0.0.1:1/db")).code).toBe(1);
  });

  test("jobs and runs are shown in one shape", async () => {
    writeTwo();
    await run("ingest", "docs");
    const [job] = JSON.parse((await run("jobs", "ls", "-o", "json")).out);
    expect(job).toMatchObject({ queue: "ingest", state: "completed", attempts: 1, error: null });
    expect(JSON.parse((await run("jobs", "show", job.id, "-o", "json")).out)).toEqual(job);
    const [batch] = JSON.parse((await run("batch", "ls", "-o", "json")).out);
    expect(JSON.parse((await run("batch", "show", batch.id, "-o", "json")).out)).toEqual(batch);
    expect((await run("jobs", "show", batch.id)).code).toBe(3);
    const items = JSON.parse((await run("batch", "items", batch.id, "-o", "json")).out);
    expect(items).toHaveLength(2);
  });

  test("a collection is removed only when somebody said so", async () => {
    writeTwo();
    await run("ingest", "docs");
    expect((await run("collections", "rm", "docs", "--dry-run")).out).toContain("would remove");
    expect(await run("collections", "rm", "docs")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--yes"),
    });
    expect((await run("collections", "rm", "docs", "--yes")).code).toBe(0);
    expect((await run("collections", "show", "docs")).code).toBe(3);
  });
});
