/** The embedded store between processes: one opener at a time, and nothing acknowledged is lost with a killed one. */
import { type ChildProcess, execFile, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createPgliteClient } from "@millrace/postgres";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

const WRITER = fileURLToPath(new URL("fixtures/pglite-writer.mjs", import.meta.url));
const TAKER = fileURLToPath(new URL("fixtures/lock-taker.mjs", import.meta.url));
const TAKERS = 6;
const ROUNDS = 2;
const KILLS = 3;

let fresh = "";
let folder = "";
const children: ChildProcess[] = [];

/** One initdb for all tests: each gets a copy of the closed store. */
beforeAll(async () => {
  fresh = mkdtempSync(join(tmpdir(), "millrace-openers-"));
  const client = createPgliteClient({ directory: fresh });
  await client.open();
  await client.close();
});

afterAll(() => rmSync(fresh, { recursive: true, force: true }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-openers-"));
  cpSync(fresh, folder, { recursive: true });
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

interface Writer {
  readonly process: ChildProcess;
  readonly lines: string[];
}

/** A process that writes without end; ready once it has acknowledged `rows` rows. */
async function startWriter(directory: string, rows: number): Promise<Writer> {
  const process = spawn("node", [WRITER, directory], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(process);
  const lines: string[] = [];
  const output = createInterface({ input: process.stdout });
  output.on("line", (line) => lines.push(line));
  await expect.poll(() => lines.length, { timeout: 60_000 }).toBeGreaterThan(rows);
  return { process, lines };
}

async function kill(writer: Writer): Promise<number> {
  writer.process.kill("SIGKILL");
  await once(writer.process, "close");
  return Number(writer.lines.findLast((line) => line.startsWith("committed"))?.split(" ")[1]);
}

test("a second process is told who has the store, and gets it once that one is gone", async () => {
  const writer = await startWriter(folder, 5);
  const client = createPgliteClient({ directory: folder });
  await expect(client.open()).rejects.toMatchObject({
    code: "store-locked",
    message: expect.stringContaining(`in use by process ${writer.process.pid} (pglite-writer.mjs ${folder}`),
  });
  await kill(writer);
  const next = createPgliteClient({ directory: folder });
  await next.open();
  await next.close();
});

test("a process killed while it writes loses nothing it had acknowledged", async () => {
  for (let kills = 1; kills <= KILLS; kills += 1) {
    const writer = await startWriter(folder, 10);
    await sleep(Math.random() * 300);
    const acknowledged = await kill(writer);
    const client = createPgliteClient({ directory: folder });
    await client.open();
    const [row] = await client.query<{ rows: number; last: number }>(
      "select count(*)::int as rows, max(n) as last from written",
    );
    await client.close();
    expect(row?.rows).toBe(row?.last);
    expect(row?.last).toBeGreaterThanOrEqual(acknowledged);
    expect(row?.last).toBeLessThanOrEqual(acknowledged + 1);
  }
});

test("a process killed while it makes the database leaves a store that opens", async () => {
  for (const afterMs of [600, 1_400]) {
    const directory = join(folder, String(afterMs));
    const child = spawn("node", [WRITER, directory], { stdio: "ignore" });
    children.push(child);
    await sleep(afterMs);
    child.kill("SIGKILL");
    await once(child, "close");
    const client = createPgliteClient({ directory });
    await client.open();
    expect(await client.query("select 1 as one")).toEqual([{ one: 1 }]);
    await client.close();
  }
});

test("of many processes that take over a dead one's lock at once, one gets it", async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { pid } = spawnSync("node", ["-e", ""]);
    const stale = { pid, startedAt: "", host: hostname(), command: "gone", nonce: `n${round}` };
    writeFileSync(join(folder, "lock"), JSON.stringify(stale));
    const takers = Array.from({ length: TAKERS }, () => fork(TAKER, [folder], { execArgv: [] }));
    children.push(...takers);
    expect(await Promise.all(takers.map(says))).toEqual(Array(TAKERS).fill("ready"));
    const results = Promise.all(takers.map(says));
    const at = Date.now() + 200;
    for (const taker of takers) taker.send(at);
    expect((await results).toSorted()).toEqual([...Array<string>(TAKERS - 1).fill("store-locked"), "won"]);
    for (const taker of takers) {
      taker.disconnect();
      await once(taker, "exit");
    }
  }
});

/** What a process says next. */
async function says(child: ChildProcess): Promise<unknown> {
  const [word] = await once(child, "message");
  return word;
}

test("a process ends by itself while its store is open and idle", async () => {
  const script = `
    import { createPgliteClient } from "@millrace/postgres";
    const client = createPgliteClient({ directory: ${JSON.stringify(folder)} });
    await client.open();
    console.log(JSON.stringify(await client.query("select 1 as one")));`;
  const child = promisify(execFile)("node", ["--input-type=module", "-e", script], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    timeout: 60_000,
  });
  expect((await child).stdout).toBe('[{"one":1}]\n');
});
