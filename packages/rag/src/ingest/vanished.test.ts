/** Which documents go when a run did not meet their files. */
import { expect, test } from "vitest";
import { MemoryCollections } from "../adapters/memory-collections.ts";
import { CLEANUP_MODES, type CleanupMode } from "./cleanup-mode.ts";
import { removeVanished } from "./vanished.ts";

const COLLECTION = "docs";

async function collectionOf(sources: readonly string[]): Promise<MemoryCollections> {
  const collections = new MemoryCollections(() => 0);
  await collections.ensure({ name: COLLECTION, model: "m", dimensions: 1 });
  const rest = {
    hash: "",
    pipeline: "",
    format: "text",
    engine: "text",
    bytes: 0,
    extractMs: 0,
    pages: [],
    passages: [],
  };
  await collections.replace(
    COLLECTION,
    sources.map((source) => ({ source, ...rest })),
  );
  return collections;
}

async function left(given: {
  readonly had: readonly string[];
  readonly roots: readonly string[];
  readonly met: readonly string[];
  readonly unreadable?: readonly string[];
  readonly cleanup?: CleanupMode;
}): Promise<readonly string[]> {
  const collections = await collectionOf(given.had);
  await removeVanished(
    collections,
    { collection: COLLECTION, roots: given.roots, cleanup: given.cleanup },
    {
      seen: async (keys) => new Set(keys.filter((key) => given.met.includes(key))),
      failures: async function* () {
        for (const key of given.unreadable ?? []) yield { key, reason: "unreadable" };
        yield { key: "/data/broken.pdf", reason: "malformed" };
      },
    },
  );
  return collections.sources(COLLECTION, { limit: 100 });
}

test("what was not met under a root goes; what lies elsewhere stays", async () => {
  const had = ["/data/a.md", "/data/b.md", "/database/c.md", "/else/d.md"];
  expect(await left({ had, roots: ["/data"], met: ["/data/a.md"] })).toEqual([
    "/data/a.md",
    "/database/c.md",
    "/else/d.md",
  ]);
});

test("what lies in a folder that could not be read stays", async () => {
  const had = ["/data/a.md", "/data/sub/b.md", "/data/sub2/c.md"];
  const found = await left({
    had,
    roots: ["/data"],
    met: ["/data/a.md", "/data/sub"],
    unreadable: ["/data/sub"],
  });
  expect(found).toEqual(["/data/a.md", "/data/sub/b.md"]);
});

test("of a glob only what it matches goes", async () => {
  const had = ["/data/a.md", "/data/b.txt", "/data/deep/c.md"];
  expect(await left({ had, roots: ["/data/*.md"], met: [] })).toEqual(["/data/b.txt", "/data/deep/c.md"]);
});

test("a file given by its name goes with its file", async () => {
  expect(await left({ had: ["/data/a.md", "/data/a.md2"], roots: ["/data/a.md"], met: [] })).toEqual([
    "/data/a.md2",
  ]);
});

test("in each mode goes what the mode names", async () => {
  const had = ["/data/gone.md", "/data/met.md", "/else/far.md"];
  const given = { had, roots: ["/data"], met: ["/data/met.md"] };
  const leftBy = await Promise.all(
    CLEANUP_MODES.map(async (cleanup) => [cleanup, await left({ ...given, cleanup })]),
  );
  expect(Object.fromEntries(leftBy)).toEqual({
    none: had,
    incremental: had,
    full: ["/data/met.md"],
    "scoped-full": ["/data/met.md", "/else/far.md"],
  });
});

test.each(["full", "scoped-full"] as const)(
  "in mode %s what could not be looked at stays",
  async (cleanup) => {
    const had = ["/data/gone.md", "/data/hidden/a.md", "/data/locked.md"];
    const unreadable = ["/data/hidden", "/data/locked.md"];
    const found = await left({ had, roots: ["/data"], met: unreadable, unreadable, cleanup });
    expect(found).toEqual(["/data/hidden/a.md", "/data/locked.md"]);
  },
);
