/** Folders that outlast attempts: made, removed, swept at the start and on the interval. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VirtualTime } from "../testing/virtual-time.ts";
import { ownFolders } from "./owned-folders.ts";
import { ownName } from "./temp-folders.ts";

let tempDir = "";
let told: [string, unknown][] = [];
beforeEach(() => {
  tempDir = mkdtempSync(join(tmpdir(), "millrace-owned-"));
  told = [];
});
afterEach(() => {
  rmSync(tempDir, { recursive: true });
  expect(told).toEqual([]);
});

const onError = (error: unknown, where: string) => void told.push([where, error]);

/** As a process leaves it that was killed an hour ago. */
function leftOver(name: string): string {
  const path = join(tempDir, name);
  mkdirSync(join(path, "parser"), { recursive: true });
  const hourAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path, hourAgo, hourAgo);
  return path;
}

test("they are in this user's part of the system's temporary folder where nothing is said", async () => {
  const folders = ownFolders(undefined, { onError });
  const folder = await folders.make("document");
  expect(dirname(dirname(folder))).toBe(join(tmpdir(), `millrace-${process.getuid?.()}`));
  await folders.stop();
  expect(existsSync(folder)).toBe(false);
});

test("a user without a number has no other user's folder to keep out of", () => {
  expect([ownName(undefined), ownName(() => 1_000)]).toEqual(["millrace", "millrace-1000"]);
});

test("a folder is there until it is removed, and none at the end", async () => {
  const folders = ownFolders({ tempDir }, { onError });
  const [first, second] = [await folders.make("document"), folders.makeSync("parser")];
  writeFileSync(join(first, "page-1"), "text");
  await folders.remove(Promise.resolve(first));
  expect([existsSync(first), existsSync(second)]).toEqual([false, true]);
  await folders.remove(Promise.reject(new Error("never made")));
  await folders.stop();
  expect(readdirSync(tempDir)).toEqual([]);
});

test("a directory that cannot be used is named, and what to set instead", async () => {
  const file = join(tempDir, "a file");
  writeFileSync(file, "");
  const folders = ownFolders({ tempDir: file }, { onError: () => undefined });
  const refused = {
    name: "ClassedError",
    reason: "temp-folder",
    message: expect.stringMatching(/a file: .*storage\.tempDir/),
  };
  await expect(folders.make("document")).rejects.toMatchObject(refused);
  expect(() => folders.makeSync("parser")).toThrow(expect.objectContaining(refused));
  await folders.stop();
});

test("what dead owners left goes at the start and on the interval", async () => {
  const timing = new VirtualTime();
  const first = leftOver("millrace-worker-1-aaaa");
  const folders = ownFolders({ tempDir, cleanupInterval: "1h" }, { timing, onError });
  await expect.poll(() => existsSync(first)).toBe(false);
  const later = leftOver("millrace-worker-2-bbbb");
  await expect
    .poll(async () => {
      await timing.advance(3_600_000);
      return existsSync(later);
    })
    .toBe(false);
  await folders.stop();
});

test("a place that cannot be looked through is told of, and ends nothing", async () => {
  const file = join(tempDir, "file");
  writeFileSync(file, "");
  const folders = ownFolders({ tempDir: file }, { onError });
  await expect.poll(() => told.splice(0)).toMatchObject([["temp-folders", { code: "ENOTDIR" }]]);
  await folders.stop();
});

test("wrong options are refused by name", () => {
  expect(() => ownFolders({ tempDir: "" }, { onError })).toThrow('storage.tempDir is ""');
});
