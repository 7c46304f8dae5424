/** Runs every block of the guide to production: SQL and shell on a server of its own, the programs in virtual time. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineJob, millrace } from "millrace";
import { testMillrace } from "millrace/testing";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { alarmsOf } from "../examples/production/alarms.ts";
import { migrate } from "../examples/production/migrate.ts";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { ensurePostgresBinaries } from "../scripts/services/postgres-binaries.mjs";
import { millrace as command } from "./millrace-command.ts";

const GUIDE = readFileSync(new URL("../docs/guides/running-in-production.md", import.meta.url), "utf8");
const FILES = fileURLToPath(new URL("../examples/production/", import.meta.url));
const fileOf = (name: string) => readFileSync(join(FILES, name), "utf8");

let server: Awaited<ReturnType<typeof startPostgres>>;
let database: pg.Client;
let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-production-"));
  server = await startPostgres();
  database = new pg.Client(server.url);
  await database.connect();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await database.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a file's statements one by one: some may not be in a transaction. The last one's rows. */
async function run(name: string): Promise<readonly Record<string, unknown>[]> {
  let rows: readonly Record<string, unknown>[] = [];
  for (const statement of fileOf(name)
    .split(";\n")
    .filter((text) => text.trim() !== "")) {
    ({ rows } = await database.query(statement));
  }
  return rows;
}

test("the guide prints files that run here, and no other block", () => {
  const blocks = [...GUIDE.matchAll(/^\[[^\]\n]*\]\(([^)\n]*)\)\n\n```(\w+)\n(.*?)^```$/gms)];
  for (const [, path = "", , code] of blocks) expect(code).toBe(fileOf(basename(path)));
  expect(blocks.map(([, path = ""]) => basename(path)).sort()).toEqual(
    [
      ...["server.sql", "durability.sql", "holders.sql", "tables.sql", "connections.sql"],
      ...["backup.sh", "check.sh", "migrate.ts", "alarms.ts"],
    ].sort(),
  );
  expect(GUIDE.match(/^```\w+$/gm)).toHaveLength(blocks.length);
});

const work = defineJob({ name: "work", run: () => "done" });

describe("on a server", () => {
  test("the migration makes the schema, and a program that only checks starts after it and not before", async () => {
    const open = async () => {
      const mr = millrace({ store: server.url, migrate: "check" });
      await mr.open().finally(() => mr.close());
    };
    await expect(open()).rejects.toMatchObject({ code: "schema-mismatch" });
    vi.stubEnv("MILLRACE_STORE", server.url);
    await migrate();
    await open();
  });

  test("its settings take effect", async () => {
    await run("server.sql");
    await expect
      .poll(async () => (await database.query("show max_wal_size")).rows[0])
      .toEqual({ max_wal_size: "4GB" });
    const named = [...fileOf("server.sql").matchAll(/set (\w+) =/g)].map(([, name = ""]) => name);
    const { rows } = await database.query<{ name: string; waits: boolean }>(
      `select name, pending_restart as waits from pg_settings
        where name = any($1) and (source = 'configuration file' or pending_restart)`,
      [named],
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(named.sort());
    expect(rows.filter(({ waits }) => waits).map(({ name }) => name)).toEqual(["autovacuum_max_workers"]);
  });

  test("its questions are answered", async () => {
    expect(await run("durability.sql")).toEqual([
      { name: "fsync", setting: "on" },
      { name: "full_page_writes", setting: "on" },
      { name: "synchronous_commit", setting: "on" },
    ]);
    const mr = millrace({ store: server.url, jobs: [work] });
    await mr.enqueue(work);
    expect((await run("tables.sql")).map(({ relname }) => relname)).toContain("job");
    const [connections] = await run("connections.sql");
    expect(Number(connections?.["of_millrace"])).toBeGreaterThan(0);
    expect(connections?.["most"]).toBe(200);
    await mr.close();
  });

  test("a session that was left in a transaction is found to hold dead rows", async () => {
    const idle = new pg.Client(server.url);
    await idle.connect();
    await idle.query("begin isolation level repeatable read");
    await idle.query("select 1");
    const [holder] = await run("holders.sql");
    expect(holder).toMatchObject({ kind: "session", state: "idle in transaction" });
    await idle.query("rollback");
    await idle.end();
  });

  test("a dump taken while a job runs is a store in which it runs again", async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const long = defineJob({ name: "long", queue: "long", run: () => released });
    const mr = millrace({ store: server.url, jobs: [long], worker: { lease: "1s", sweep: "100ms" } });
    const { id } = await mr.enqueue(long);
    mr.worker();
    await expect.poll(() => mr.jobs.status(id), { timeout: 60_000 }).toBe("running");
    await database.query("create database restored");
    const other = server.url.replace(/\/postgres$/, "/restored");
    const shell = spawnSync("sh", ["-e", join(FILES, "backup.sh")], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: [ensurePostgresBinaries(), process.env["PATH"]].join(delimiter),
        DATABASE_URL: server.url,
        OTHER_DATABASE_URL: other,
      },
    });
    expect(shell.stderr).toBe("");
    release();
    await expect.poll(() => mr.jobs.status(id), { timeout: 60_000 }).toBe("completed");
    await mr.close();
    const restored = millrace({ store: other, jobs: [long], worker: { sweep: "100ms" } });
    expect(await restored.jobs.status(id)).toBe("running");
    restored.worker();
    await expect.poll(() => restored.jobs.status(id), { timeout: 60_000 }).toBe("completed");
    await restored.close();
  });

  test("the check says what is set and that all is well", async () => {
    writeFileSync(
      join(folder, "millrace.config.yaml"),
      `store: ${server.url}\nqueues: { mail: { capacity: 9 } }\n`,
    );
    const lines = fileOf("check.sh").trim().split("\n");
    const results = [];
    for (const line of lines) results.push(await command(line.split(" ").slice(2), { folder }));
    expect(results.map(({ code, err }) => [code, err])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(results[0]?.out).toMatch(/^queues.mail.capacity +9 +\S*millrace.config.yaml/m);
  });
});

describe("alarms", () => {
  test("are none on a healthy queue, and name what is wrong on others", async () => {
    let isBroken = false;
    const job = defineJob({
      name: "job",
      retry: "none",
      run: () => {
        if (isBroken) throw Object.assign(new Error("away"), { code: "ECONNREFUSED" });
      },
    });
    const mr = testMillrace({ jobs: [job] });
    const alarms = async () => alarmsOf(await mr.stats());
    await mr.enqueueMany(job, Array(100).fill(0));
    await mr.runAll();
    expect(await alarms()).toEqual([]);
    isBroken = true;
    await mr.enqueueMany(job, Array(100).fill(0));
    await mr.runAll();
    expect(await alarms()).toEqual(['default: 50 % failed this hour: {"connection":100}']);
    await mr.advance("2h");
    isBroken = false;
    await mr.queues.pause("default");
    await mr.enqueue(job, 0, { priority: "critical" });
    await mr.advance("2m");
    expect(await alarms()).toEqual(["default: 1 in line, nothing runs"]);
    await mr.queues.resume("default");
    await mr.runAll();
    expect(await alarms()).toEqual(["default: critical jobs waited 120000 ms"]);
    await mr.close();
  });
});
