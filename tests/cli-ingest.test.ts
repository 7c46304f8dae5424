/** Ingest as built, on PostgreSQL: reports, refusals, exit codes, shared runs. */
import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";
import { essay, millrace, start, TWO_AT_A_TIME, writeFiles } from "./millrace-command.ts";

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

let place: CommandPlace;
beforeEach(() => {
  place = new CommandPlace();
});
afterEach(() => place.remove());

describe("ingest", () => {
  test("reports in exactly the keys of the contract, and finds everything unchanged the second time", async () => {
    place.writeTwo();
    const first = await place.run("ingest", "docs", "-o", "json");
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
    const second = await place.run("ingest", "docs", "-o", "json");
    expect(JSON.parse(second.out)).toMatchObject({
      documents: 2,
      unchanged: 2,
      ingested: 0,
      pages: 0,
      passages: 0,
    });
    expect((await place.run("ingest", "docs")).out).toContain("nothing new: all 2 documents are unchanged");
  });

  test("only changed files are read again, and vanished ones leave the collection", async () => {
    place.writeTwo();
    await place.run("ingest", "docs");
    writeFiles(place.folder, { "docs/bread.txt": "Rye bread keeps longer.\n" });
    rmSync(join(place.folder, "docs/mill.md"));
    expect(JSON.parse((await place.run("ingest", "docs", "-o", "json")).out)).toMatchObject({
      documents: 1,
      ingested: 1,
      removed: 1,
    });
    expect(JSON.parse((await place.run("collections", "show", "docs", "-o", "json")).out)).toMatchObject({
      documents: 1,
    });
  });

  test("files that fail are counted by reason and named, and the rest is in: exit 5", async () => {
    place.writeTwo();
    writeFiles(place.folder, {
      "docs/broken.pdf": "%PDF-1.7\nnothing behind the head",
      "docs/locked.txt": "secret",
      "docs/text.pdf": "only text",
    });
    chmodSync(join(place.folder, "docs/locked.txt"), 0);
    const words = ["ingest", "docs", "-o", "json"];
    const options = { ...place, through: WITHOUT_ROOTS_RIGHTS };
    const { code, out } = await millrace(words, options);
    expect(code).toBe(5);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ documents: 5, ingested: 2, failed: 3 });
    expect(report.failures).toEqual({ malformed: 2, unreadable: 1 });
    const [newest] = JSON.parse((await place.run("batch", "ls", "-o", "json")).out);
    const items = (await place.run("batch", "items", newest.id, "--state", "failed")).out;
    for (const name of ["broken.pdf", "locked.txt", "text.pdf"]) expect(items).toContain(join("docs", name));
    expect(items).toContain("permission denied");
    expect((await place.run("batch", "watch", newest.id)).code).toBe(5);
  });

  test("full clean-up takes away what lies elsewhere, and leaves what could not be looked at", async () => {
    place.writeTwo();
    writeFiles(place.folder, { "docs/locked/a.txt": "secret", "other/far.txt": "far" });
    expect((await place.run("ingest", "docs", "other")).code).toBe(0);
    chmodSync(join(place.folder, "docs/locked"), 0);
    rmSync(join(place.folder, "docs/mill.md"));
    const options = { ...place, through: WITHOUT_ROOTS_RIGHTS };
    expect((await millrace(["ingest", "docs", "--cleanup", "full"], options)).code).toBe(5);
    chmodSync(join(place.folder, "docs/locked"), 0o755);
    const left = JSON.parse(
      (await place.run("collections", "show", "docs", "--documents", "-o", "json")).out,
    );
    expect(left.map(({ source }: { source: string }) => source.slice(place.folder.length + 1))).toEqual([
      "docs/bread.txt",
      "docs/locked/a.txt",
    ]);
    expect(left[0]).toMatchObject({
      format: "text",
      engine: "text",
      lineage: { tokens: expect.any(Number) },
    });
    const table = (await place.run("collections", "show", "docs", "--documents")).out;
    expect(table).toMatch(/docs\/bread\.txt +text 1 +1 +1 /);
  });

  test("looking refuses a collection of another model, as the ingest does", async () => {
    place.writeTwo();
    writeFiles(place.folder, { "made.ndjson": '{"id": "a", "embedding": [1, 2]}\n' });
    expect((await place.run("insert", "made.ndjson", "--collection", "docs")).code).toBe(0);
    for (const looking of [["--dry-run"], ["--changes"], []]) {
      expect(await place.run("ingest", "docs", ...looking)).toMatchObject({
        ...{ code: 9, out: "" },
        err: expect.stringContaining("2-dimensional vectors of external"),
      });
    }
  });

  test("a dry run tells how much there is, changes tell of what, and neither writes anything", async () => {
    place.writeTwo();
    const dry = async () => JSON.parse((await place.run("ingest", "docs", "--dry-run", "-o", "json")).out);
    const changes = async () =>
      JSON.parse((await place.run("ingest", "docs", "--changes", "-o", "json")).out);
    expect(await dry()).toMatchObject({
      documents: 2,
      new: 2,
      unchanged: 0,
      ignored: 1,
      pages: 2,
      passages: 2,
    });
    expect((await place.run("collections", "ls")).code).toBe(3); // there is still no store
    await place.run("ingest", "docs");
    expect(await dry()).toMatchObject({
      documents: 2,
      new: 0,
      unchanged: 2,
      pages: 0,
      passages: 0,
      tokens: 0,
    });
    expect((await place.run("ingest", "docs", "--changes")).err).toContain("nothing has changed");
    writeFiles(place.folder, {
      "docs/bread.txt": "Rye bread.\n",
      "docs/new.html": "<p>new",
      "docs/no.pdf": "no",
    });
    rmSync(join(place.folder, "docs/mill.md"));
    const at = (name: string) => join(place.folder, "docs", name);
    expect(await changes()).toEqual({
      new: [at("new.html")],
      changed: [at("bread.txt")],
      stale: [],
      removed: [at("mill.md")],
      unchanged: [],
      failed: [{ path: at("no.pdf"), reason: "malformed", message: expect.stringContaining("no.pdf") }],
    });
    const { out } = await place.run("ingest", "docs", "--changes");
    expect(out.trim().split("\n")).toEqual([
      "~ changed  docs/bread.txt",
      "+ new      docs/new.html",
      "! failed   docs/no.pdf  (malformed)",
      "- removed  docs/mill.md",
    ]);
    const told = (await place.run("ingest", "docs", "--dry-run")).out;
    expect(told).toContain(
      "3 documents: 1 new, 1 changed, 0 to be made anew, 0 unchanged, 1 failed; 1 to be removed",
    );
    expect(JSON.parse((await place.run("collections", "show", "docs", "-o", "json")).out).documents).toBe(2);
  });

  test("collections of an older version are looked at when they are up to date, and go on as they are", async () => {
    place.writeTwo();
    await place.run("ingest", "docs");
    await place.sql(`alter table "${place.schema}".document drop column lineage, drop column extractor`);
    await place.sql(`drop table "${place.schema}".extraction`);
    await place.sql(`delete from "${place.schema}".collection_migration where name like '0003-%'`);
    const { code, err } = await place.run("ingest", "docs", "--dry-run");
    expect(code).toBe(9);
    expect(err).toContain('are of an older version: run "millrace collections ls"');
    const again = JSON.parse((await place.run("ingest", "docs", "-o", "json")).out);
    expect(again).toMatchObject({ documents: 2, unchanged: 2 });
    const shown = await place.run("collections", "show", "docs", "--documents", "-o", "json");
    expect(JSON.parse(shown.out)[0]).not.toHaveProperty("lineage");
    expect(JSON.parse((await place.run("ingest", "docs", "--dry-run", "-o", "json")).out).unchanged).toBe(2);
  });

  test("a run that was interrupted goes on in its own clean-up mode, and says so", async () => {
    writeFiles(
      place.folder,
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`docs/${n}.md`, essay(n)])),
    );
    const environment = { ...place.environment, ...TWO_AT_A_TIME };
    const killed = start(["ingest", "docs", "--cleanup", "none", "-o", "ndjson"], { ...place, environment });
    await expect.poll(() => killed.lines.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
    killed.process.kill("SIGKILL");
    await killed.ended;
    const { code, err } = await place.run("ingest", "docs", "--cleanup", "full");
    expect(code).toBe(0);
    expect(err).toContain("it began with the clean-up mode none and goes on with it; run again for full");
  });

  test("a named file of another type fails, it is not ignored", async () => {
    place.writeTwo();
    const { code, out } = await place.run("ingest", "docs/picture.png", "-o", "json");
    expect(code).toBe(5);
    expect(JSON.parse(out)).toMatchObject({ documents: 1, ignored: 0, failures: { unsupported: 1 } });
  });

  test("an empty folder is nothing to do", async () => {
    mkdirSync(join(place.folder, "empty"));
    expect(await place.run("ingest", "empty", "-o", "json")).toMatchObject({ code: 0 });
  });

  test("data goes to stdout, messages to stderr, and neither has colours", async () => {
    place.writeTwo();
    const { out, err } = await place.run("ingest", "docs");
    expect(out).toContain("2 documents: 2 ingested");
    expect(out + err).not.toContain("\u001b");
    expect((await place.run("ingest", "docs", "-q")).err).not.toContain("documents");
  });

  test("several at once on the same paths share one run", async () => {
    writeFiles(
      place.folder,
      Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`docs/${n}.md`, essay(n, 4)])),
    );
    const both = await Promise.all([
      place.run("ingest", "docs", "-o", "json"),
      place.run("ingest", "docs", "-o", "json"),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const runs = JSON.parse((await place.run("batch", "ls", "-o", "json")).out);
    const show = JSON.parse((await place.run("collections", "show", "docs", "-o", "json")).out);
    expect(show.documents).toBe(200);
    expect(runs.length).toBeLessThanOrEqual(2); // the second may have come after the end of the first
    expect(runs[0].steps.documents.read).toBe(200);
  });

  test("a killed one is continued: nothing lost, nothing twice", async () => {
    writeFiles(
      place.folder,
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`docs/${n}.md`, essay(n)])),
    );
    const environment = { ...place.environment, ...TWO_AT_A_TIME };
    const killed = start(["ingest", "docs", "-o", "ndjson"], { ...place, environment });
    // The first line tells that the run has begun: the next comes a second later, when a fast machine may be done.
    await expect.poll(() => killed.lines.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
    killed.process.kill("SIGKILL");
    await killed.ended;
    const { code, out, err } = await place.run("ingest", "docs", "-o", "json");
    expect(code).toBe(0);
    expect(err).toContain("continuing run");
    expect(JSON.parse(out)).toMatchObject({ documents: 300, ingested: 300 });
    expect(JSON.parse((await place.run("collections", "show", "docs", "-o", "json")).out).documents).toBe(
      300,
    );
  });
});

describe("one clear line for", () => {
  test("a store that cannot be reached: exit 8", async () => {
    const { code, err } = await place.run("--store", "postgres://u:secret@127.0.0.1:1/db", "jobs", "ls");
    expect(code).toBe(8);
    expect(err).toMatch(/^error: .*127\.0\.0\.1:1\/db cannot be reached.*\n$/);
    expect(err).not.toContain("secret");
  });

  test("a collection of another dimension: exit 9, and nothing is changed", async () => {
    place.writeTwo();
    await place.run("ingest", "docs");
    await place.sql(`update "${place.schema}".collection set dimensions = 3`);
    const { code, err } = await place.run("ingest", "docs");
    expect(code).toBe(9);
    expect(err).toContain('error: collection "docs" holds 3-dimensional vectors');
    expect((await place.run("search", "docs", "x")).code).toBe(9);
  });

  test("a store nobody has written to: exit 3, and it stays that way", async () => {
    for (const words of [
      ["jobs", "ls"],
      ["search", "docs", "x"],
      ["collections", "ls"],
    ]) {
      expect(await place.run(...words)).toMatchObject({
        code: 3,
        err: expect.stringContaining("no millrace store at"),
      });
    }
    expect((await place.run("doctor")).out).toContain("migrations pending: 0001-first");
  });
});
