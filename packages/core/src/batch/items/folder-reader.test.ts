/** Reading a folder: which files, in which order, and what becomes of the rest. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { type FolderReaderOptions, folderReader } from "./folder-reader.ts";
import { readAll, readingFrom, testFolder } from "./reading.fixture.ts";
import { comparePaths } from "./walk-files.ts";

const folder = testFolder();
let root = "";
let turn = 0;

beforeEach(() => {
  turn += 1;
  root = folder.path(`root-${turn}`);
  mkdirSync(root);
});
afterAll(() => folder.remove());

function write(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), name);
  }
}

async function namesOf(options: Partial<FolderReaderOptions> = {}, cursor?: string): Promise<string[]> {
  const seen = await readAll(folderReader({ root, ...options }), readingFrom(cursor));
  return seen.map(({ key }) => key);
}

describe("files", () => {
  test("are items with path, size and time, by the bytes of their paths, folder by folder", async () => {
    write("b.txt", "a/z", "a/y/x", "a-b", "A", "\u{1f600}", "\uffee");
    expect(await namesOf()).toEqual(["A", "a/y/x", "a/z", "a-b", "b.txt", "\uffee", "\u{1f600}"]);
    const [first] = await readAll(folderReader({ root }));
    expect(first).toEqual({
      key: "A",
      cursor: "A",
      item: {
        path: join(root, "A"),
        name: "A",
        bytes: 1,
        modifiedAtMs: Math.round(statSync(join(root, "A")).mtimeMs),
      },
    });
  });

  test("may have line ends in their names", async () => {
    write("a\nb.txt", "sub/c\r\nd.txt");
    expect(await namesOf()).toEqual(["a\nb.txt", "sub/c\r\nd.txt"]);
    expect(await namesOf({ glob: "**/*.txt" })).toEqual(["a\nb.txt", "sub/c\r\nd.txt"]);
  });

  test("are those that match, hidden ones only where they are asked for", async () => {
    write("a.json", "b/c.json", "b/c.txt", ".d.json", ".e/f.json");
    expect(await namesOf({ glob: "**/*.json" })).toEqual(["a.json", "b/c.json"]);
    expect(await namesOf({ glob: "*.{json,txt}" })).toEqual(["a.json"]);
    expect(await namesOf({ glob: "**/*.json", hidden: true })).toEqual([
      ".d.json",
      ".e/f.json",
      "a.json",
      "b/c.json",
    ]);
  });

  test("of a path too long for a key are named by its digest", async () => {
    const name = Array.from({ length: 11 }, (_, at) => String(at).repeat(100)).join("/");
    write(name);
    expect(await namesOf()).toEqual([expect.stringMatching(/^sha256-[0-9a-f]{64}$/)]);
  });
});

describe("what changes meanwhile", () => {
  test("is read where it comes behind the cursor, and not where it comes before it", async () => {
    write("b", "d");
    const all = await readAll(folderReader({ root }));
    write("a", "c", "b/../e/f");
    rmSync(join(root, "d"));
    expect(await namesOf({}, all[0]?.cursor)).toEqual(["c", "e/f"]);
  });

  test("is passed over where it has vanished since its folder was looked at", async () => {
    write("a/1", "b/1", "c");
    const names: string[] = [];
    for await (const given of folderReader({ root }).read(readingFrom())) {
      names.push((given as { key: string }).key);
      rmSync(join(root, "b"), { recursive: true, force: true });
    }
    expect(names).toEqual(["a/1", "c"]);
  });

  test("is an error where it is the root", async () => {
    await expect(namesOf({ root: join(root, "none") })).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("links", () => {
  test("inside the root lead to what is read anyway; others are counted", async () => {
    write("real/a");
    writeFileSync(folder.path("outside"), "");
    symlinkSync("real", join(root, "folder"));
    symlinkSync("real/a", join(root, "file"));
    symlinkSync("..", join(root, "real/up"));
    symlinkSync(folder.path("outside"), join(root, "out"));
    symlinkSync("nothing", join(root, "broken"));
    const counts: Record<string, number> = {};
    const seen = await readAll(folderReader({ root }), readingFrom(undefined, counts));
    expect(seen.map(({ key }) => key)).toEqual(["real/a"]);
    expect(counts).toEqual({ ignored: 2 });
  });

  test("may be the root itself", async () => {
    write("real/a");
    symlinkSync("real", join(root, "link"));
    expect(await namesOf({ root: join(root, "link") })).toEqual(["a"]);
  });
});

test("a path comes behind the folder it is in, and before what comes behind that", () => {
  expect(comparePaths("a/b", "a")).toBeGreaterThan(0);
  expect(comparePaths("a", "a/b")).toBeLessThan(0);
  expect(comparePaths("a/b", "b")).toBeLessThan(0);
  expect(comparePaths("a/b", "a/b")).toBe(0);
});

test("a root that is no folder is an error", async () => {
  write("file");
  await expect(namesOf({ root: join(root, "file") })).rejects.toMatchObject({ code: "ENOTDIR" });
});

test("of many files in a folder each is read once, in order", async () => {
  const names = Array.from({ length: 100 }, (_, n) => `file-${String(n).padStart(3, "0")}`);
  write(...names);
  expect(await namesOf()).toEqual(names);
  expect(await namesOf({}, "file-031")).toEqual(names.slice(32));
});

test("a file whose name is no UTF-8 is a bad item: nobody could ask for it", async () => {
  write("a");
  writeFileSync(Buffer.concat([Buffer.from(`${root}/b`), Buffer.from([0xff])]), "x");
  expect(await readAll(folderReader({ root }))).toEqual([
    expect.objectContaining({ key: "a" }),
    expect.objectContaining({
      reason: "unreadable",
      message: expect.stringContaining("its name is not UTF-8"),
    }),
  ]);
});

test("what is no file is counted", async () => {
  write("a");
  execFileSync("mkfifo", [join(root, "pipe")]);
  const counts: Record<string, number> = {};
  await readAll(folderReader({ root }), readingFrom(undefined, counts));
  expect(counts).toEqual({ ignored: 1 });
});

test("a folder that may not be read is a bad item, and what is beside it is read", async () => {
  write("a", "locked/b", "z");
  const locked = join(root, "locked");
  chmodSync(locked, 0);
  const { geteuid, seteuid } = process;
  const isRoot = geteuid?.() === 0;
  if (isRoot) {
    chmodSync(root, 0o755);
    chmodSync(dirname(root), 0o755);
    seteuid?.(65_534);
  }
  try {
    expect(await readAll(folderReader({ root }))).toEqual([
      expect.objectContaining({ key: "a" }),
      expect.objectContaining({
        key: "locked",
        reason: "unreadable",
        message: expect.stringContaining("EACCES"),
      }),
      expect.objectContaining({ key: "z" }),
    ]);
  } finally {
    if (isRoot) seteuid?.(0);
    chmodSync(locked, 0o755);
  }
});

test("any cursor gives exactly the rest", async () => {
  const name = fc.string({
    unit: fc.constantFrom("a", "b", "-", ".", "é", "\u{1f600}", "A"),
    minLength: 1,
    maxLength: 3,
  });
  const path = fc.array(
    name.filter((text) => !text.startsWith(".")),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(path, { maxLength: 15 }), async (paths) => {
      rmSync(root, { recursive: true });
      mkdirSync(root);
      for (const parts of paths) {
        try {
          write(parts.join("/"));
        } catch {}
      }
      const all = await namesOf();
      expect(all).toEqual([...all].sort(comparePaths));
      for (const [index, cursor] of all.entries())
        expect(await namesOf({}, cursor)).toEqual(all.slice(index + 1));
    }),
    { numRuns: 60 },
  );
});

test("options that mean nothing are refused", () => {
  expect(() => folderReader({ root: "" })).toThrow("folderReader.root");
  expect(() => folderReader({ root: ".", glob: "" })).toThrow("folderReader.glob");
  expect(() => folderReader({ root: ".", match: "*" } as never)).toThrow('no option "match"');
});
