/** Owns the snippets of the guide to searching: they are lines of the file, and the file does what the guide says. */
import { readFileSync } from "node:fs";
import { hashLexicalV1 } from "@millrace/rag";
import { expect, test } from "vitest";
import { fill, find, moveTo } from "./search.ts";

function linesOf(path: string): readonly string[] {
  return readFileSync(new URL(path, import.meta.url), "utf8")
    .split("\n")
    .map((line) => line.trim());
}

test("the guide prints nothing that is not in the file", () => {
  const guide = linesOf("../../docs/guides/search.md").join("\n");
  const printed = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].flatMap(([, block = ""]) => block.split("\n"));
  const file = new Set(linesOf("search.ts"));
  expect(printed.length).toBeGreaterThan(20);
  expect(printed.filter((line) => !file.has(line))).toEqual([]);
});

test("things are put in, found with a filter, and moved to another model", async () => {
  const model = hashLexicalV1();
  expect(await fill(model)).toEqual({ inserted: 3, updated: 0, hits: 0 });
  expect(await fill(model)).toEqual({ inserted: 0, updated: 3, hits: 3 });
  expect((await find(model, "wheel"))[0]).toBe("thing-1");
  expect(await find(model, "wheel")).not.toContain("thing-0");
  const other = { ...model, model: "hash-lexical-other" };
  expect(await moveTo(other)).toBe("completed");
  expect((await find(other, "wheel"))[0]).toBe("thing-1");
  await expect(find(model, "wheel")).rejects.toMatchObject({ code: "collection-mismatch" });
});
