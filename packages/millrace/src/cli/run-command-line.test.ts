/** What command lines end with and where they speak, without a store. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommandLine } from "./run-command-line.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-line-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const written = { out: "", err: "" };
  const code = await runCommandLine(words, {
    folder,
    streams: {
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.err += text) },
      stdin: {},
      environment,
    },
  });
  return { code, ...written };
}

describe("bad usage is one line and exit code 2", () => {
  test.each([
    [["bogus"], "unknown command 'bogus'"],
    [["ingst", "x"], "unknown command 'ingst'"],
    [["ingest"], "missing required argument 'paths'"],
    [["ingest", "--nope", "x"], "unknown option '--nope'"],
    [["ingest", ".", "-o", "xml"], "argument 'xml' is invalid"],
    [["ingest", ".", "--collection", " "], '--collection is " "; it takes 1 to 200 printable characters'],
    [["search", "docs"], "missing required argument 'text'"],
    [["explain"], "missing required argument 'id'"],
    [["--store", "memory:", "workers"], "a memory: store holds nothing of other processes"],
    [["search", "docs", "x", "-k", "0"], "It takes a whole number, 1 to 1000."],
    [["jobs", "ls", "--state", "lost"], "argument 'lost' is invalid"],
    [["--store", "mysql://u:secret@h", "jobs", "ls"], 'store.url is "mysql://u:***@h" (--store); it takes'],
    [["--store", "redis://h", "jobs", "ls"], "this version has no Redis adapter yet"],
    [["--store", "memory:", "jobs", "ls"], "a memory: store holds nothing of other processes"],
    [["--store", "memory:", "search", "docs", "x"], "a memory: store holds nothing of other processes"],
    [["--store", "memory:", "collections", "rm", "docs", "--yes"], "a memory: store holds nothing"],
    [["jobs", "ls", "--since", "soon"], "It takes an instant such as 2026-03-01T08:00:00Z, or how long ago"],
    [["jobs", "ls", "--after", "x"], '--after is "x"; it takes the id that the page before ended with'],
    [["jobs", "cancel"], "jobs cancel takes ids, or options that choose jobs"],
    [["jobs", "cancel", "x", "--queue", "q"], "jobs cancel takes ids, or options that choose jobs"],
    [["jobs", "delete", "--state", "ready"], "argument 'ready' is invalid. Allowed choices are completed"],
    [["jobs", "clean"], "required option '--older-than <duration>' not specified"],
    [["jobs", "tail", "--kind", "born"], "argument 'born' is invalid"],
    [
      ["queues", "set", "q"],
      "queues set takes --capacity <n>, --class <class>=<n>, or both; or else --unset",
    ],
    [["queues", "set", "q", "--capacity", "-1"], "It takes a whole number of jobs, 0 or more, or none."],
    [["queues", "set", "q", "--class", "huge=1"], "It takes <class>=<n>, of the classes critical, high"],
    [["enqueue", "a", "{bad"], "the input is not JSON: "],
    [["enqueue", "a", "1", "--file", "x"], "enqueue takes an input or --file, not both"],
    [
      ["enqueue", "a", "1", "--delay", "10 minutes"],
      "It takes a duration such as 500ms, 30s, 10m, 1h or 2d.",
    ],
    [["enqueue", "a", "1", "--key-field", "id"], "--key-field is for many inputs: give --key"],
    [
      ["enqueue", "a", "-", "--key", "x"],
      "--key would be the same for all of these inputs: give --key-field",
    ],
    [["--store", "memory:", "enqueue", "a", "1"], "a memory: store holds nothing of other processes"],
    [["--store", "memory:", "top"], "a memory: store holds nothing of other processes"],
    [["--store", "memory:", "migrate"], "a memory: store has no schema to migrate"],
    [["--store", "memory:", "destroy", "--yes"], "a memory: store holds nothing of other processes"],
    [["completion", "tcsh"], "'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish."],
    [["--log-level", "loud", "config", "print"], "argument 'loud' is invalid"],
  ])("%j", async (words, message) => {
    const { code, out, err } = await run(words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`error: `);
    expect(err).toContain(message);
    expect(err.trim().split("\n").length).toBeLessThanOrEqual(2); // the second one suggests a command
  });
});

describe("what is not there is exit code 3", () => {
  test.each([
    [["ingest", "no-such-folder"], "no-such-folder: check the path"],
    [["--config", "none.yaml", "config", "print"], "there is no configuration file"],
    [["search", "docs", "x"], "there is no millrace store at"],
    [["batch", "show", "x"], '"x" is no run\'s id'],
    [["enqueue", "a", "--file", "none.json"], "there is no file none.json"],
    [["enqueue", "a", "--file", "none.ndjson"], "there is no file none.ndjson"],
    [["jobs", "show", "x"], "there is no millrace store at"],
    [["destroy"], "there is no millrace store at"],
  ])("%j", async (words, message) => {
    const { code, out, err } = await run(words, { MILLRACE_STORE: `file:${folder}/none` });
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toContain(message);
  });
});

test("a missing path is told before a store is made", async () => {
  await run(["ingest", "none"], { MILLRACE_STORE: `file:${folder}/store` });
  expect(() => rmSync(join(folder, "store"), { recursive: true })).toThrow("ENOENT");
});

test("help and version are data", async () => {
  expect(await run(["--version"])).toEqual({ code: 0, out: "0.1.0\n", err: "" });
  expect(await run(["--help"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("Usage: millrace"),
    err: "",
  });
  expect(await run([])).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Usage: millrace") });
});

test("config print says value and source, and masks", async () => {
  const { code, out } = await run(["config", "print", "-o", "json"], {
    MILLRACE_STORE: "postgres://u:p@h/d",
  });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toContainEqual({
    key: "store.url",
    value: "postgres://u:***@h/d",
    source: "MILLRACE_STORE",
  });
  const print = await run(["config", "print"]);
  expect(print.out).toMatch(/^store\.poolSize +10 +default$/m);
  expect(print.out).toMatch(/^worker\.concurrency +\{"min":10,"max":50\} +default$/m);
});

test("-v adds the stack, and only -v", async () => {
  expect((await run(["ingest", "none"])).err).not.toContain("    at ");
  expect((await run(["-v", "ingest", "none"])).err).toContain("    at ");
});
