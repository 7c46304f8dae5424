/** Who gets the lock of a directory. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LockFile } from "./lock-file.ts";
import { ownProcess } from "./process-identity.ts";

let directory = "";
let path = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-lock-"));
  path = join(directory, "lock");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const holderLike = (changes: object): string =>
  JSON.stringify({ ...ownProcess(), host: hostname(), command: "other ingest", nonce: "n1", ...changes });

/** A process id that was in use and is not any more. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("a lock file", () => {
  test("names its holder, and goes with it", () => {
    const lock = LockFile.take(directory);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ ...ownProcess(), host: hostname() });
    lock.release();
    lock.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("keeps a second opener out, also in the same process", () => {
    const lock = LockFile.take(directory);
    expect(() => LockFile.take(directory)).toThrow(
      expect.objectContaining({
        code: "store-locked",
        message: expect.stringContaining(`process ${process.pid} (`),
      }),
    );
    lock.release();
    LockFile.take(directory).release();
  });

  test("says in one line which process, which command, which store and what to do", () => {
    writeFileSync(path, holderLike({}));
    expect(() => LockFile.take(directory)).toThrow(
      `The store at ${directory} is in use by process ${process.pid} (other ingest): wait for it to end, stop it, or use another store.`,
    );
  });

  test("is taken over from a process that ended", () => {
    writeFileSync(path, holderLike({ pid: deadPid() }));
    LockFile.take(directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("is taken over when another process has the holder's id now", () => {
    writeFileSync(path, holderLike({ startedAt: "another boot:1" }));
    LockFile.take(directory).release();
  });

  test("is taken over from a holder whose taker died in the middle of it", () => {
    writeFileSync(path, holderLike({ pid: deadPid() }));
    writeFileSync(`${path}.after-n1`, holderLike({ pid: deadPid(), nonce: "n2" }));
    LockFile.take(directory).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  test("is not taken over from another machine, whose processes cannot be seen", () => {
    writeFileSync(path, holderLike({ host: "elsewhere", pid: deadPid() }));
    expect(() => LockFile.take(directory)).toThrow(`on elsewhere: from here nobody can tell whether it runs`);
  });

  test("is not taken over while it cannot be read", () => {
    writeFileSync(path, "");
    expect(() => LockFile.take(directory)).toThrow(`The lock file ${path} cannot be read`);
  });

  test("stays when somebody else's took its place", () => {
    const lock = LockFile.take(directory);
    writeFileSync(path, holderLike({}));
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});
