/** What a document may do to a parser, and what the rest must not notice of it. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DocumentError, type DocumentFile, type Extractor } from "../../ports/extractor.ts";
import { createExtractor, type ExtractorOptions } from "./document-extractor.ts";

const ENTRY = fixture("misbehaving-child.fixture.mjs");
const LONE_PARENT = fixture("lone-parent.fixture.mjs");
const WAIT = { timeout: 60_000, interval: 20 };
const { signal } = new AbortController();

let folder = "";
let extractors: Extractor[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-extract-"));
});

afterEach(async () => {
  await Promise.all(extractors.map((extractor) => extractor.stop()));
  extractors = [];
  rmSync(folder, { recursive: true });
});

describe("a parser that dies", () => {
  test.each(["aborts", "exits"])(
    "costs the document that engine (%s); the next one reads it",
    async (engine) => {
      const extractor = open({ engines: [engine, "sound"] });
      const document = await extractor.extract(pdf("a.pdf", 5), { signal });
      expect(document).toMatchObject({ engine: "sound", fallbacks: [{ engine, reason: "parser-crash" }] });
      expect(document.pages.map(({ text }) => text)).toEqual([
        "page 1",
        "page 2",
        "page 3",
        "page 4",
        "page 5",
      ]);
    },
  );

  test("on every engine fails the document as a parser crash", async () => {
    const failure = await failureOf(open({ engines: ["aborts", "exits"] }), pdf("a.pdf", 5));
    expect(failure).toMatchObject({ reason: "parser-crash", errorClass: "crashed" });
    expect(failure.message).toContain(join(folder, "a.pdf"));
  });

  test("in a later window starts the whole document again, and the pages reported add up", async () => {
    const deltas: number[] = [];
    const onPages = (delta: number) => deltas.push(delta);
    const extractor = open({ engines: ["late-abort", "sound"] });
    const document = await extractor.extract(pdf("a.pdf", 9), { signal, onPages });
    expect(document.pages).toHaveLength(9);
    expect(deltas.reduce((sum, delta) => sum + delta, 0)).toBe(9);
    expect(Math.min(...deltas)).toBeLessThan(0);
  });

  test("after serving others is tried again in a fresh child before the engine is given up", async () => {
    const extractor = open({ engines: ["wears-out"], processes: 1 });
    const document = await extractor.extract(pdf("a.pdf", 9), { signal });
    expect(document).toMatchObject({ engine: "wears-out", fallbacks: [] });
    expect(document.pages).toHaveLength(9);
  });

  test("leaves the other documents in flight alone", async () => {
    const extractor = open({ engines: ["aborts-on-bad"] });
    const names = Array.from({ length: 12 }, (_, index) =>
      index % 3 === 0 ? `bad-${index}` : `good-${index}`,
    );
    const readings = names.map((name) => extractor.extract(pdf(name, 9), { signal }));
    const results = await Promise.allSettled(readings);
    expect(results.map(({ status }) => status)).toEqual(
      names.map((name) => (name.startsWith("bad") ? "rejected" : "fulfilled")),
    );
  });
});

describe("limits", () => {
  test("a parser that spins is killed, and the next engine reads the document", async () => {
    const extractor = open({ engines: ["spins", "sound"], limits: { windowMs: 1_500 } });
    const document = await extractor.extract(pdf("a.pdf", 1), { signal });
    expect(document).toMatchObject({ engine: "sound", fallbacks: [{ engine: "spins", reason: "timeout" }] });
  });

  test("an answer that came in time counts, even when this process was too busy to read it", async () => {
    const windowMs = 500;
    const extractor = open({ engines: ["announces"], limits: { windowMs }, processes: 1 });
    const file = pdf("a.pdf", 1);
    const reading = extractor.extract(file, { signal });
    await pidOf(file);
    await new Promise((resolve) => setImmediate(resolve)); // the timers come next
    // Holds this thread as a long computation would, until the answer has long been there.
    while (!existsSync(`${file.path}.answered`)) block(10);
    block(2 * windowMs);
    expect(await reading).toMatchObject({ engine: "announces", fallbacks: [] });
  });

  test("a document that uses up its time fails as a timeout", async () => {
    const limits = { windowMs: 60_000, documentMs: 300 };
    const failure = await failureOf(open({ engines: ["spins", "sound"], limits }), pdf("a.pdf", 1));
    expect(failure).toMatchObject({ reason: "timeout", errorClass: "timeout" });
  });

  test("a parser that eats memory is killed before it holds it all", async () => {
    const limits = { rssBytes: 400_000_000 };
    const failure = await failureOf(open({ engines: ["eats"], limits }), pdf("a.pdf", 1));
    expect(failure.reason).toBe("parser-crash");
    expect(failure.message).toContain("more than 400 MB");
  });

  test("a document with too many pages fails by name and is not cut short", async () => {
    const failure = await failureOf(open({ engines: ["sound"], limits: { pages: 8 } }), pdf("a.pdf", 9));
    expect(failure).toMatchObject({ reason: "too-large", errorClass: "validation" });
    expect(failure.message).toContain("9 pages");
  });
});

describe("every page or none", () => {
  test("an engine that loses a page is not believed", async () => {
    const document = await open({ engines: ["loses", "sound"] }).extract(pdf("a.pdf", 9), { signal });
    expect(document).toMatchObject({
      engine: "sound",
      fallbacks: [{ engine: "loses", reason: "malformed" }],
    });
  });

  test("an engine that sees fewer pages than one before it is not believed", async () => {
    const failure = await failureOf(open({ engines: ["late-abort", "shrinks"] }), pdf("a.pdf", 9));
    expect(failure.reason).toBe("malformed");
    expect(failure.message).toContain("only 1 of 9 pages");
  });

  test("a password ends the search at once", async () => {
    const failure = await failureOf(open({ engines: ["locked", "sound"] }), pdf("a.pdf", 9));
    expect(failure).toMatchObject({ reason: "encrypted", errorClass: "validation" });
  });

  test("an engine this machine cannot load is passed over, and never blamed on the document", async () => {
    const document = await open({ engines: ["unloadable", "sound"] }).extract(pdf("a.pdf", 9), { signal });
    expect(document).toMatchObject({ engine: "sound", fallbacks: [{ reason: "unsupported" }] });
    const failure = await failureOf(open({ engines: ["unloadable", "aborts"] }), pdf("b.pdf", 9));
    expect(failure.reason).toBe("parser-crash");
  });

  test("a file one engine recognised as broken is malformed even if another engine broke on it", async () => {
    const failure = await failureOf(open({ engines: ["aborts", "refuses"] }), pdf("a.pdf", 9));
    expect(failure.reason).toBe("malformed");
  });
});

describe("ending", () => {
  test("an aborted signal kills the child at once and rejects with the signal's reason", async () => {
    const controller = new AbortController();
    const file = pdf("a.pdf", 1);
    const reading = open({ engines: ["spins"] }).extract(file, { signal: controller.signal });
    const outcome = expect(reading).rejects.toThrow("enough");
    const pid = await pidOf(file);
    controller.abort(new Error("enough"));
    await outcome;
    await vi.waitUntil(() => !isRunning(pid), WAIT);
  });

  test("stop kills busy children, fails what is in flight and refuses what comes after", async () => {
    const extractor = open({ engines: ["spins"], processes: 1 });
    const file = pdf("a.pdf", 1);
    const outcomes = [file, pdf("b.pdf", 1)].map((each) =>
      expect(extractor.extract(each, { signal })).rejects.toThrow("stopped"),
    );
    const pid = await pidOf(file);
    await extractor.stop();
    await Promise.all(outcomes);
    expect(isRunning(pid)).toBe(false);
    await expect(extractor.extract(file, { signal })).rejects.toThrow("stopped");
  });

  test("children end when their parent is killed, even in the middle of a parser that never returns", async () => {
    const file = pdf("a.pdf", 1);
    const parent = spawn(process.execPath, [LONE_PARENT, file.path, "spins"], { stdio: "ignore" });
    const pid = await pidOf(file);
    parent.kill("SIGKILL");
    await vi.waitUntil(() => !isRunning(pid), WAIT);
  });

  test("idle children do not keep their parent running", async () => {
    const parent = spawn(process.execPath, [LONE_PARENT, pdf("a.pdf", 5).path, "sound"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    parent.stdout.on("data", (text) => {
      output += String(text);
    });
    const code = await new Promise((resolve) => parent.once("close", resolve));
    expect({ code, output }).toEqual({ code: 0, output: "5 pages" });
  });

  test("a program that cannot start is the installation's fault, not the document's", async () => {
    const extractor = open({ entry: join(folder, "missing.mjs"), engines: ["sound"] });
    await expect(extractor.extract(pdf("a.pdf", 1), { signal })).rejects.toMatchObject({
      name: "MillraceError",
      message: expect.stringContaining("missing.mjs"),
    });
  });
});

test("once its length is known, a longer document is read to its end before a shorter one goes on", async () => {
  const extractor = open({ engines: ["sound"], processes: 1 });
  const read: string[] = [];
  const documents = [
    { name: "long", pages: 9 },
    { name: "short", pages: 7 },
  ].map(({ name, pages }) =>
    extractor.extract(pdf(name, pages), { signal, onPages: () => void read.push(name) }),
  );
  await Promise.all(documents);
  const rest = [...Array(4).fill("long"), ...Array(3).fill("short")];
  expect(read).toEqual(["long", "short", ...rest]);
});

test("counting pages never fails a document", async () => {
  const file = pdf("a.pdf", 7);
  expect(await open({ engines: ["sound"] }).countPages(file, { signal })).toBe(7);
  expect(await open({ engines: ["refuses"] }).countPages(file, { signal })).toBeUndefined();
  expect(await open({ engines: ["aborts"] }).countPages(file, { signal })).toBeUndefined();
});

function open(options: ExtractorOptions): Extractor {
  const extractor = createExtractor({ entry: ENTRY, windowPages: 2, ...options });
  extractors.push(extractor);
  return extractor;
}

function pdf(name: string, pages: number): DocumentFile {
  const path = join(folder, name);
  writeFileSync(path, String(pages));
  return { path, bytes: pages * 5_000, format: "pdf" };
}

async function failureOf(extractor: Extractor, file: DocumentFile): Promise<DocumentError> {
  const failure: unknown = await extractor.extract(file, { signal }).catch((error: unknown) => error);
  if (failure instanceof DocumentError) return failure;
  throw new Error(`expected a DocumentError, not ${String(failure)}`);
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

async function pidOf(file: DocumentFile): Promise<number> {
  const path = `${file.path}.pid`;
  await vi.waitUntil(() => existsSync(path) && readFileSync(path, "utf8") !== "", WAIT);
  return Number(readFileSync(path, "utf8"));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function fixture(name: string): string {
  return fileURLToPath(new URL(`./${name}`, import.meta.url));
}
