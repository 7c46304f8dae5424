/** The completion script of bash, in a real bash. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { millrace } from "./millrace-command.ts";

let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-completion-"));
  const { code, out } = await millrace(["completion", "bash"], { folder });
  expect(code).toBe(0);
  writeFileSync(join(folder, "completion"), out);
  writeFileSync(join(folder, "payload.json"), "{}");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is offered for the last of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const line = `source ./completion
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    _millrace
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = ["--noprofile", "--norc", "-u", "-c", line, "bash", "millrace", ...words];
  return execFileSync("bash", bash, { cwd: folder, encoding: "utf8" }).trim().split("\n");
}

test("commands are offered, and those below them", () => {
  expect(offered("que")).toEqual(["queues"]);
  expect(offered("jobs", "c")).toEqual(["cancel", "clean"]);
  expect(offered("--store", "jobs", "jobs", "ta")).toEqual(["tail"]);
  expect(offered("jobs", "ls", "c")).toEqual([""]);
});

test("options are offered, a command's own and the program's", () => {
  expect(offered("jobs", "cancel", "--re")).toEqual(["--reason"]);
  expect(offered("jobs", "ls", "--st")).toEqual(["--state", "--store"]);
  expect(offered("jobs", "--re")).toEqual([""]);
});

test("values are offered where they are known, and files where one is named", () => {
  expect(offered("jobs", "ls", "--state", "re")).toEqual(["ready", "retrying"]);
  expect(offered("jobs", "delete", "--state", "re")).toEqual([""]);
  expect(offered("enqueue", "x", "--priority", "")).toEqual(["critical", "high", "default", "low", "bulk"]);
  expect(offered("jobs", "ls", "-o", "j")).toEqual(["json"]);
  expect(offered("enqueue", "x", "--file", "pay")).toEqual(["payload.json"]);
  expect(offered("jobs", "ls", "--queue", "j")).toEqual([""]);
});
