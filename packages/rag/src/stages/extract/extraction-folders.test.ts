/** Where parsers leave their files, and that nothing of them stays. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DocumentFile, Extractor } from "../../ports/extractor.ts";
import { createExtractor } from "./document-extractor.ts";

const ENTRY = fileURLToPath(new URL("./misbehaving-child.fixture.mjs", import.meta.url));
const { signal } = new AbortController();

let folder = "";
let tempDir = "";
let extractors: Extractor[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-folders-"));
  tempDir = join(folder, "temp");
});
afterEach(async () => {
  await Promise.all(extractors.map((extractor) => extractor.stop()));
  extractors = [];
  rmSync(folder, { recursive: true });
});

function open(): Extractor {
  const extractor = createExtractor({
    entry: ENTRY,
    engines: ["litters"],
    processes: 1,
    windowPages: 9,
    storage: { tempDir },
  });
  extractors.push(extractor);
  return extractor;
}

function pdf(name: string): DocumentFile {
  const path = join(folder, name);
  writeFileSync(path, "5");
  return { path, bytes: 5_000, format: "pdf" };
}

const placeOf = ({ path }: DocumentFile): string => readFileSync(`${path}.place`, "utf8");

test("a parser's files lie in a folder of its own, which is empty again when its document has ended", async () => {
  const extractor = open();
  const [first, second] = [pdf("a.pdf"), pdf("b.pdf")];
  await extractor.extract(first, { signal });
  const place = placeOf(first);
  expect(dirname(dirname(place))).toBe(tempDir);
  expect(readdirSync(place)).toEqual([]);
  await extractor.extract(second, { signal });
  expect(placeOf(second)).toBe(place); // the same child
  expect(readdirSync(place)).toEqual([]);
});

test("the folder of a parser that died goes with it, and all of them at the end", async () => {
  const extractor = open();
  const bad = pdf("bad.pdf");
  await expect(extractor.extract(bad, { signal })).rejects.toMatchObject({ reason: "parser-crash" });
  await expect.poll(() => existsSync(placeOf(bad))).toBe(false);
  const good = pdf("good.pdf");
  await extractor.extract(good, { signal });
  expect(existsSync(placeOf(good))).toBe(true);
  await extractor.stop();
  expect(readdirSync(tempDir)).toEqual([]);
});

test("what a killed process has left is swept at the start, and what lives is not", async () => {
  const hourAgo = new Date(Date.now() - 3_600_000);
  const left = join(tempDir, "millrace-worker-1-aaaa");
  mkdirSync(join(left, "parser-x"), { recursive: true });
  utimesSync(left, hourAgo, hourAgo);
  const living = join(tempDir, "millrace-worker-2-bbbb");
  mkdirSync(living);
  open();
  await expect.poll(() => existsSync(left)).toBe(false);
  expect(existsSync(living)).toBe(true);
});

test("a place for files that cannot be looked through is told of, or warned of where nobody listens", async () => {
  writeFileSync(tempDir, "a file, no folder");
  const told: string[] = [];
  const warned: string[] = [];
  const hear = ({ message }: Error) => void warned.push(message);
  process.on("warning", hear);
  try {
    extractors.push(createExtractor({ storage: { tempDir }, onError: (_, where) => void told.push(where) }));
    await expect.poll(() => told).toEqual(["temp-folders"]);
    expect(warned).toEqual([]);
    open();
    await expect.poll(() => warned).toEqual([expect.stringMatching(/^millrace temp-folders: ENOTDIR/)]);
  } finally {
    process.off("warning", hear);
  }
});
