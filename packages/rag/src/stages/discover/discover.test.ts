/** What discovery finds, in which order, and how it goes on from a cursor. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { minimalPdf } from "../extract/minimal-pdf.fixture.ts";
import { canonicalRoots } from "./canonical-roots.ts";
import { discover } from "./discover.ts";
import type { DiscoveredItem } from "./discovered-item.ts";
import { comparePaths } from "./path-order.ts";

const { signal } = new AbortController();
let folder = "";

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-discover-")));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("a folder", () => {
  test("yields its documents of every supported type, deep, in path order", async () => {
    write("b.pdf", "a/z.md", "a/y.txt", "a-b/x.TEXT", "A/w.markdown", "c.PDF");
    expect(await paths()).toEqual(["A/w.markdown", "a/y.txt", "a/z.md", "a-b/x.TEXT", "b.pdf", "c.PDF"]);
  });

  test("counts other types as ignored", async () => {
    write("a.pdf", "photo.jpg", "script.js");
    expect(await kinds()).toEqual({
      "a.pdf": "file",
      "photo.jpg": "unsupported",
      "script.js": "unsupported",
    });
  });

  test("knows a PDF without an extension by its content", async () => {
    writeFileSync(join(folder, "manual"), minimalPdf({ pages: ["x"] }));
    write("LICENSE");
    expect(await kinds()).toEqual({ LICENSE: "unsupported", manual: "file" });
  });

  test("hides dot files and node_modules, at every depth", async () => {
    write(".hidden.md", ".git/a.md", "node_modules/a.md", "sub/node_modules/a.md", "sub/.b.md", "sub/c.md");
    expect(await paths()).toEqual(["sub/c.md"]);
  });

  test("may be empty", async () => {
    expect(await found([folder])).toEqual([]);
  });

  test("that may not be read is reported, and what surrounds it is found", async () => {
    write("a.md", "locked/b.md", "z.md");
    const restore = dropRights(join(folder, "locked"));
    try {
      expect(await kinds()).toEqual({ "a.md": "file", locked: "unreadable", "z.md": "file" });
    } finally {
      restore();
    }
  });
});

describe("symbolic links", () => {
  test("inside the root yield each real path once, loops included", async () => {
    write("sub/a.md");
    link("sub/a.md", "another-name.md");
    link("sub", "another-sub");
    link(".", "sub/loop");
    expect(await paths()).toEqual(["sub/a.md"]);
  });

  test("that lead out of the root, nowhere or to hidden files are ignored, and counted", async () => {
    write("root/.hidden/a.md", "outside.md");
    link("outside.md", "root/out.md");
    link("nowhere.md", "root/broken.md");
    link("root/.hidden/a.md", "root/hidden.md");
    const root = join(folder, "root");
    expect(await kinds([root], root)).toEqual({
      "broken.md": "link-broken",
      "hidden.md": "link-to-hidden",
      "out.md": "link-outside",
    });
  });

  test("that are named are followed", async () => {
    write("real/a.md");
    link("real", "named");
    expect(await paths([join(folder, "named")])).toEqual(["real/a.md"]);
  });
});

describe("named files", () => {
  test("are documents even if hidden or of an unsupported type", async () => {
    write(".hidden.md", "photo.jpg");
    const items = await found([join(folder, ".hidden.md"), join(folder, "photo.jpg")]);
    expect(items).toMatchObject([
      { kind: "file", named: true, format: "markdown" },
      { kind: "file", named: true, format: undefined },
    ]);
  });

  test("inside a named folder are yielded once, as named", async () => {
    write("a.md", "b.jpg", "c.md");
    const items = await found([folder, join(folder, "b.jpg"), join(folder, "c.md"), folder]);
    expect(items).toMatchObject([
      { path: join(folder, "a.md"), named: false },
      { path: join(folder, "b.jpg"), named: true },
      { path: join(folder, "c.md"), named: true },
    ]);
  });

  test("that do not exist are a clear error", async () => {
    const missing = join(folder, "missing.pdf");
    await expect(found([missing])).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining(missing),
    });
  });
});

describe("globs", () => {
  test("find files below their folder, nothing hidden, other types counted", async () => {
    write("docs/a.md", "docs/deep/b.md", "docs/deep/c.jpg", "docs/.d.md", "docs/node_modules/e.md", "f.md");
    expect(await kinds([join(folder, "docs/**/*")])).toEqual({
      "docs/a.md": "file",
      "docs/deep/b.md": "file",
      "docs/deep/c.jpg": "unsupported",
    });
  });

  test("that overlap other roots repeat nothing", async () => {
    write("a.md", "b.md");
    expect(await paths([join(folder, "*.md"), folder, join(folder, "a.*")])).toEqual(["a.md", "b.md"]);
  });

  test("that match nothing are a clear error", async () => {
    await expect(found([join(folder, "*.pdf")])).rejects.toMatchObject({ code: "not-found" });
  });

  test("a file whose name looks like a glob is that file", async () => {
    write("[draft] a.md", "d.md");
    expect(await paths([join(folder, "[draft] a.md")])).toEqual(["[draft] a.md"]);
  });
});

describe("a cursor", () => {
  test("at any item resumes with exactly the items after it", async () => {
    write("a/1.md", "a/b/2.md", "a/b.md", "a-c/3.md", "d.jpg", "e/4.md", "e.md", "f/g/5.md");
    const roots = [folder, join(folder, "e/*.md"), join(folder, "a/1.md")];
    const all = await found(roots);
    expect(all).toHaveLength(8);
    for (const [index, { path }] of all.entries()) {
      expect(await found(roots, path)).toEqual(all.slice(index + 1));
    }
  });

  test("need not exist any more", async () => {
    write("a.md", "c.md");
    expect(await paths([folder], join(folder, "b.md"))).toEqual(["c.md"]);
  });

  test("order is total, and children come with their folder", () => {
    const path = fc.array(fc.constantFrom("a", "a-b", "a b", "b", "B"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, path, path, (left, right, child) => {
        const [one, two] = [left, right].map((names) => `/${names.join("/")}`) as [string, string];
        expect(Math.sign(comparePaths(one, two))).toBe(-Math.sign(comparePaths(two, one)) + 0);
        expect(comparePaths(one, `${one}/${child.join("/")}`)).toBeLessThan(0);
        expect(comparePaths(one, two) === 0).toBe(one === two);
      }),
    );
  });
});

describe("canonical roots", () => {
  test("are absolute, sorted, distinct and stay as they are", async () => {
    write("b.md", "a/c.md");
    link("b.md", "link.md");
    const roots = await canonicalRoots(["link.md", "./a/../b.md", "a", "a/*.md", "./a/*.md"], { folder });
    expect(roots).toEqual([join(folder, "a"), join(folder, "a/*.md"), join(folder, "b.md")]);
    expect(await canonicalRoots(roots)).toEqual(roots);
  });

  test("refuse an empty list, an empty path and a missing folder", async () => {
    await expect(canonicalRoots([])).rejects.toMatchObject({ code: "bad-input" });
    await expect(canonicalRoots([""], { folder })).rejects.toMatchObject({ code: "bad-input" });
    await expect(canonicalRoots(["gone/*.md"], { folder })).rejects.toMatchObject({ code: "not-found" });
  });
});

test("an aborted signal ends a discovery", async () => {
  write("a.md");
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(discover([folder], { signal: controller.signal }).next()).rejects.toThrow("enough");
});

function write(...names: string[]): void {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name);
  }
}

function link(target: string, name: string): void {
  symlinkSync(join(folder, target), join(folder, name));
}

async function found(roots: readonly string[], after?: string): Promise<DiscoveredItem[]> {
  const items: DiscoveredItem[] = [];
  for await (const item of discover(roots, { after, signal })) items.push(item);
  return items;
}

async function paths(roots: readonly string[] = [folder], after?: string): Promise<string[]> {
  const items = await found(roots, after);
  return items.filter(({ kind }) => kind === "file").map(({ path }) => relative(folder, path));
}

async function kinds(
  roots: readonly string[] = [folder],
  base: string = folder,
): Promise<Record<string, string>> {
  const items = await found(roots);
  return Object.fromEntries(
    items.map((item) => [relative(base, item.path), item.kind === "ignored" ? item.why : item.kind]),
  );
}

/** Makes a folder unreadable, also for root: then by doing without root's rights for a while. */
function dropRights(locked: string): () => void {
  chmodSync(locked, 0o000);
  chmodSync(folder, 0o755);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  return () => {
    if (isRoot) process.seteuid?.(0);
    chmodSync(locked, 0o755);
  };
}
