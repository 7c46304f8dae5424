/** Owns that files are written whole, whatever their size, and that folders reach the disk where a system can do that. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { testFolder } from "./reading.fixture.ts";
import { refuseUnlessUnable, syncFolder, writeWhole } from "./whole-file.ts";

const folder = testFolder();
afterAll(() => folder.remove());

test("a file of many megabytes and pieces of any size is the pieces, one behind the other", async () => {
  const path = folder.path("large");
  const pieces = ["a", "b".repeat(1_500_000), Buffer.from("c"), "d".repeat(1_048_576), "e"];
  expect(await writeWhole(path, pieces)).toBe(2_548_579);
  expect(readFileSync(path, "utf8")).toBe(pieces.map(String).join(""));
});

test("a file whose pieces end at what is gathered, or that has none, is whole", async () => {
  const path = folder.path("even");
  expect(await writeWhole(path, ["d".repeat(1_048_576)])).toBe(1_048_576);
  expect(await writeWhole(path, [])).toBe(0);
  expect(readFileSync(path, "utf8")).toBe("");
});

test("a folder that cannot be opened, or that has no disk, is passed over", async () => {
  await syncFolder(folder.path("not-there"));
  if (existsSync("/proc/self")) await syncFolder("/proc/self"); // Linux says EINVAL
  mkdirSync(folder.path("there"));
  await syncFolder(folder.path("there"));
});

test("a disk that fails is no reason to go on", () => {
  for (const code of ["EINVAL", "EPERM"]) refuseUnlessUnable(Object.assign(new Error("x"), { code }));
  const failed = Object.assign(new Error("i/o error"), { code: "EIO" });
  expect(() => refuseUnlessUnable(failed)).toThrow(failed);
  expect(() => refuseUnlessUnable(new Error("x"))).toThrow("x");
});
