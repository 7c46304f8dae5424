/** That a commit of the embedded store is on the disk before it is acknowledged, seen in the system calls. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureTool } from "../scripts/services/tools.mjs";

const WRITER = fileURLToPath(new URL("fixtures/pglite-writer.mjs", import.meta.url));
const ROWS = 20;

/** One system call: what was called, on which file, and the whole line. */
interface Call {
  readonly name: string;
  readonly path: string;
  readonly line: string;
}

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-durable-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The writer's system calls on its store's files, and its own lines, in the order of time. */
function traceWriter(durability: "disk" | "process"): readonly Call[] {
  const store = join(folder, durability);
  const trace = join(folder, `trace-${durability}`);
  const calls = ["-e", "trace=openat,close,fsync,fdatasync,pwrite64,pwritev,write,writev"];
  execFileSync(ensureTool("strace"), [
    ...["-ff", "-ttt", "-y", "-s", "64", ...calls, "-o", trace],
    ...[process.execPath, WRITER, store, durability, String(ROWS)],
  ]);
  return readdirSync(folder)
    .filter((file) => file.startsWith(`trace-${durability}.`))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
    .filter((line) => line !== "")
    .sort((one, other) => Number.parseFloat(one) - Number.parseFloat(other))
    .map(parse);
}

/** `-y` shows the path of each file descriptor: `fsync(23</store/db/base/5/1259>) = 0`, `openat(…) = 23</store/…>`. */
function parse(line: string): Call {
  const [, name = "", rest = ""] = /^[\d.]+ (\w+)\((.*)$/.exec(line) ?? [];
  const path = name === "openat" ? /= \d+<([^>]*)>/.exec(rest) : /^\d+<([^>]*)>/.exec(rest);
  return { name, path: path?.[1] ?? "", line };
}

const isLog = ({ path }: Call): boolean => path.includes("/db/pg_wal/0");
const isData = ({ path }: Call): boolean => path.includes("/db/base/") || path.includes("/db/global/");
const isWrite = ({ name }: Call): boolean => name.startsWith("pwrite") || name.startsWith("write");
const isSync = ({ name }: Call): boolean => name === "fsync" || name === "fdatasync";
/** Made anew when it is missing. */
const isCache = (path: string): boolean => path.includes("/pg_internal.init");
const says = (text: string) => (call: Call) =>
  call.name.startsWith("write") && call.line.includes(`"${text}\\n"`);

/** What happened between two lines of the writer. */
function between(calls: readonly Call[], from: string, to: string): readonly Call[] {
  return calls.slice(calls.findIndex(says(from)) + 1, calls.findIndex(says(to)));
}

describe("durability disk", () => {
  let calls: readonly Call[] = [];
  beforeAll(() => {
    calls = traceWriter("disk");
  });

  test("every commit is written through to the disk before it is acknowledged", () => {
    const opened = calls.filter((call) => call.name === "openat" && isLog(call));
    const writable = opened.filter(({ line }) => line.includes("O_RDWR") && !line.includes("O_CREAT"));
    expect(writable.at(-1)?.line).toMatch(/O_D?SYNC/);
    for (let n = 2; n <= ROWS; n += 1) {
      const writes = between(calls, `committed ${n - 1}`, `committed ${n}`).filter(
        (call) => isLog(call) && isWrite(call),
      );
      expect(writes, `log writes of commit ${n}`).not.toEqual([]);
    }
  });

  test("a checkpoint syncs the data files it wrote before it is acknowledged", () => {
    const during = between(calls, `committed ${ROWS}`, "checkpointed");
    const written = new Set(during.filter((call) => isData(call) && isWrite(call)).map(({ path }) => path));
    const synced = new Set(during.filter(isSync).map(({ path }) => path));
    expect(written.size).toBeGreaterThan(0);
    expect([...written].filter((path) => !synced.has(path))).toEqual([]);
  });

  test("a new database is on the disk before the store is open", () => {
    const before = calls.slice(0, calls.findIndex(says("open")));
    const synced = new Set(before.filter(isSync).map(({ path }) => path));
    const written = new Set(before.filter((call) => isData(call) && isWrite(call)).map(({ path }) => path));
    const missing = [...written].filter((path) => !synced.has(path) && !isCache(path));
    expect(written.size).toBeGreaterThan(100);
    expect(missing).toEqual([]);
  });
});

test("durability process syncs nothing, as it says", () => {
  const calls = traceWriter("process");
  const store = between(calls, "committed 1", "checkpointed");
  expect(store.some((call) => isLog(call) && isWrite(call))).toBe(true);
  expect(store.filter((call) => isSync(call) && call.path.includes("/db/"))).toEqual([]);
  expect(calls.filter((call) => call.name === "openat" && isLog(call) && /O_D?SYNC/.test(call.line))).toEqual(
    [],
  );
});
