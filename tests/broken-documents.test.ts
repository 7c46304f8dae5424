/** A folder of broken PDFs: every file ends in a named state, nothing hangs, and sound files are read throughout. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  createExtractor,
  DocumentError,
  type DocumentReason,
  discover,
  type ExtractedDocument,
  validateFile,
} from "@millrace/rag";
import { afterAll, beforeAll, expect, test } from "vitest";
import { minimalPdf } from "../packages/rag/src/stages/extract/minimal-pdf.fixture.ts";
import { ensureTool } from "../scripts/services/tools.mjs";

const PAGES = 40;
const FLIPPED_FILES = 24;
const REASONS: ReadonlySet<DocumentReason> = new Set([
  "encrypted",
  "needs-ocr",
  "malformed",
  "parser-crash",
  "timeout",
  "too-large",
  "unsupported",
  "unreadable",
  "empty",
]);

type Outcome = ExtractedDocument | DocumentError;

const { signal } = new AbortController();
const extractor = createExtractor({ windowPages: 16 });
let folder = "";
let outcomes = new Map<string, Outcome>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-broken-"));
  breakDocuments(ensureTool("qpdf"));
  outcomes = await readAll();
});

afterAll(async () => {
  await extractor.stop();
  rmSync(folder, { recursive: true });
});

test("every file ends read whole or failed by name", () => {
  expect(outcomes.size).toBeGreaterThan(FLIPPED_FILES);
  for (const [name, outcome] of outcomes) {
    if (outcome instanceof DocumentError) {
      expect(REASONS, name).toContain(outcome.reason);
      expect(outcome.message).toContain(name);
    } else {
      expect(
        outcome.pages.map(({ number }) => number),
        name,
      ).toEqual(Array.from({ length: outcome.pages.length }, (_, index) => index + 1));
    }
  }
});

test.each([
  ["sound.pdf", undefined],
  ["zz-sound.pdf", undefined],
  ["packed.pdf", undefined],
  ["open-password.pdf", undefined],
  ["open-password-128.pdf", undefined],
  ["locked-256.pdf", "encrypted"],
  ["locked-128.pdf", "encrypted"],
  ["cut-in-header.pdf", "malformed"],
  ["cut-packed.pdf", "malformed"],
  ["renamed-text.pdf", "malformed"],
  ["empty.pdf", "empty"],
])("%s ends as expected", (name, reason) => {
  const outcome = outcomes.get(name);
  if (outcome === undefined) throw new Error(`${name} was not discovered`);
  if (reason !== undefined) expect(outcome).toMatchObject({ reason });
  else expect(outcome).toMatchObject({ engine: "liteparse", pages: { length: PAGES } });
});

async function readAll(): Promise<Map<string, Outcome>> {
  const found: Promise<[string, Outcome]>[] = [];
  for await (const item of discover([folder], { signal })) {
    if (item.kind === "file") found.push(read(item.path).then((outcome) => [basename(item.path), outcome]));
  }
  return new Map(await Promise.all(found));
}

async function read(path: string): Promise<Outcome> {
  try {
    return await extractor.extract(await validateFile(path, { signal }), { signal });
  } catch (error) {
    if (error instanceof DocumentError) return error;
    throw error;
  }
}

function breakDocuments(qpdf: string): void {
  const sound = save(
    "sound.pdf",
    minimalPdf({ pages: Array.from({ length: PAGES }, (_, page) => sentence(page)) }),
  );
  const packed = join(folder, "packed.pdf");
  execFileSync(qpdf, ["--object-streams=generate", "--stream-data=compress", sound, packed]);
  for (const bits of ["128", "256"])
    lock(qpdf, { from: sound, name: `locked-${bits}.pdf`, password: "secret", bits });
  lock(qpdf, { from: sound, name: "open-password.pdf", password: "", bits: "256" });
  lock(qpdf, { from: sound, name: "open-password-128.pdf", password: "", bits: "128" });
  const [bytes, packedBytes] = [readFileSync(sound), readFileSync(packed)];
  save("cut-in-header.pdf", bytes.subarray(0, 100));
  save("cut-packed.pdf", packedBytes.subarray(0, packedBytes.length / 2));
  for (const tenths of [3, 6, 9]) save(`cut-${tenths}.pdf`, bytes.subarray(0, (bytes.length * tenths) / 10));
  for (let seed = 1; seed <= FLIPPED_FILES; seed++) {
    save(`flipped-${seed}.pdf`, flip(seed % 2 === 0 ? bytes : packedBytes, seed));
  }
  save("renamed-text.pdf", Buffer.from("This was never a PDF.\n"));
  save("empty.pdf", Buffer.alloc(0));
  copyFileSync(sound, join(folder, "zz-sound.pdf"));
}

function lock(
  qpdf: string,
  { from, name, password, bits }: { from: string; name: string; password: string; bits: string },
): void {
  const cipher = bits === "128" ? ["--use-aes=y"] : [];
  execFileSync(qpdf, ["--encrypt", password, "owner", bits, ...cipher, "--", from, join(folder, name)]);
}

/** The same bits for the same seed; the higher the seed, the more of them. */
function flip(bytes: Buffer, seed: number): Buffer {
  const broken = Buffer.from(bytes);
  let state = seed;
  const below = (limit: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  for (let flips = 0; flips < seed * 4; flips++) {
    const at = below(broken.length);
    broken[at] = (broken[at] ?? 0) ^ (1 << below(8));
  }
  return broken;
}

function sentence(page: number): string {
  return `Page ${page + 1} tells of water, wheels and stones, and of grain number ${page * 37}`;
}

function save(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
