import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findSources } from "./ingest-sources.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-sources-"));
  mkdirSync(join(folder, "texts"));
  for (let n = 0; n < 300; n += 1) writeFileSync(join(folder, "texts", `${n}.txt`), "words");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a folder of texts begins with no PDF", async () => {
  expect(await findSources(["texts"], folder)).toEqual({
    roots: [join(folder, "texts")],
    beginsWithPdf: false,
  });
});

test("a PDF among the first files is seen, whatever is in it", async () => {
  mkdirSync(join(folder, "books"));
  writeFileSync(join(folder, "books", "a.txt"), "words");
  writeFileSync(join(folder, "books", "b.pdf"), "");
  expect(await findSources(["texts", "books"], folder)).toMatchObject({ beginsWithPdf: true });
});

test("nobody waits for a PDF behind many texts", async () => {
  writeFileSync(join(folder, "texts", "z.pdf"), "");
  expect(await findSources(["texts"], folder)).toMatchObject({ beginsWithPdf: false });
});

test("what is not there is said", async () => {
  await expect(findSources(["nowhere"], folder)).rejects.toMatchObject({ code: "not-found" });
  await expect(findSources(["texts/*.pdf"], folder)).rejects.toMatchObject({ code: "not-found" });
});
