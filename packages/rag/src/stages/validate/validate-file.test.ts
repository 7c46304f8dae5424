/** What passes validation, and as what. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { minimalPdf } from "../extract/minimal-pdf.fixture.ts";
import { validateFile } from "./validate-file.ts";

const PDF = minimalPdf({ pages: ["hello"] });
const BINARY = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 7_919) % 256));
const { signal } = new AbortController();

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-validate-"));
  // A file's owner decides who may read it, not the folder's.
  chmodSync(folder, 0o755);
});

afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["a.pdf", PDF, "pdf"],
  ["upper.PDF", PDF, "pdf"],
  ["rubbish-before.pdf", Buffer.concat([Buffer.from("\n\nrubbish\n"), PDF]), "pdf"],
  ["no-extension", PDF, "pdf"],
  ["wrongly-named.txt", PDF, "pdf"],
  ["a.txt", Buffer.from("text"), "text"],
  ["a.text", Buffer.from("text with one NUL\0"), "text"],
  ["a.md", Buffer.from("# Title"), "markdown"],
  ["a.markdown", Buffer.from("# Title"), "markdown"],
  ["wide.txt", Buffer.from("\uFEFFUTF-16 is full of zeros", "utf16le"), "text"],
  ["says-pdf.md", Buffer.from("About the mark %PDF-1.4"), "markdown"],
])("%s is accepted with its true format and hash", async (name, content, format) => {
  const path = write(name, content);
  const contentHash = createHash("sha256").update(content).digest("hex");
  const bytes = content.length;
  expect(await validateFile(path, { signal })).toEqual({ path, bytes, format, contentHash });
});

test.each([
  ["renamed-text.pdf", Buffer.from("just text"), "malformed"],
  ["late-mark.pdf", Buffer.concat([Buffer.alloc(1_024, " "), PDF]), "malformed"],
  ["binary.txt", BINARY, "unsupported"],
  ["zeros.md", Buffer.alloc(100), "unsupported"],
  ["photo.jpg", BINARY, "unsupported"],
  ["empty.txt", Buffer.alloc(0), "empty"],
  ["empty.pdf", Buffer.alloc(0), "empty"],
])("%s is refused as what it is", async (name, content, reason) => {
  const path = write(name, content);
  const failure = {
    name: "DocumentError",
    reason,
    errorClass: "validation",
    message: expect.stringContaining(path),
  };
  await expect(validateFile(path, { signal })).rejects.toMatchObject(failure);
});

test("a hash covers more than one reading of a long file", async () => {
  const content = Buffer.alloc(3_000_001, "long text ");
  const contentHash = createHash("sha256").update(content).digest("hex");
  expect(await validateFile(write("long.txt", content), { signal })).toMatchObject({ contentHash });
});

test("a file over the limit is too large", async () => {
  const path = write("big.txt", Buffer.from("12345"));
  await expect(validateFile(path, { signal, maxBytes: 4 })).rejects.toMatchObject({ reason: "too-large" });
  expect(await validateFile(path, { signal, maxBytes: 5 })).toMatchObject({ bytes: 5 });
});

test("a missing file is unreadable, and not found", async () => {
  const failure = { reason: "unreadable", errorClass: "not-found" };
  await expect(validateFile(join(folder, "missing.pdf"), { signal })).rejects.toMatchObject(failure);
});

test("folders and pipes are unsupported, and are not waited for", async () => {
  const pipe = join(folder, "pipe.txt");
  expect(spawnSync("sh", ["-c", 'mkfifo "$0"', pipe]).status).toBe(0);
  await expect(validateFile(pipe, { signal })).rejects.toMatchObject({ reason: "unsupported" });
  await expect(validateFile(folder, { signal })).rejects.toMatchObject({ reason: "unsupported" });
});

test("an aborted signal ends validation with its reason", async () => {
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(validateFile(write("late.txt", PDF), controller)).rejects.toThrow("enough");
});

function write(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
