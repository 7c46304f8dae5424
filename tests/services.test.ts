/** Proves the service harness: the run's servers answer, private ones are durable, and come and go cleanly. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Redis } from "ioredis";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { startPgbouncer } from "../scripts/services/pgbouncer.mjs";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { startRedis } from "../scripts/services/redis.mjs";
import { ensureTool, TEST_TOOLS } from "../scripts/services/tools.mjs";

async function setting(url: string, name: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ value: string }>("select current_setting($1) as value", [name]);
    return rows[0]?.value ?? "";
  } finally {
    await client.end();
  }
}

async function redisSetting(url: string, name: string): Promise<string> {
  const client = new Redis(url);
  try {
    const [, value = ""] = (await client.config("GET", name)) as string[]; // name and value
    return value;
  } finally {
    client.disconnect();
  }
}

describe("the service harness", () => {
  it("gives every run a PostgreSQL", async () => {
    const url = process.env.MILLRACE_TEST_POSTGRES_URL ?? "";
    expect(await setting(url, "server_encoding")).toBe("UTF8");
  });

  it("starts private servers durable and removes them whole", async () => {
    const server = await startPostgres();
    const folder = dirname(await setting(server.url, "data_directory"));
    expect(await setting(server.url, "fsync")).toBe("on");
    expect(await setting(server.url, "synchronous_commit")).toBe("on");
    expect(await setting(server.url, "max_connections")).toBe("200");
    await server.stop();
    expect(existsSync(folder)).toBe(false);
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
  });

  it("gives every run a Redis that never evicts", async () => {
    const url = process.env.MILLRACE_TEST_REDIS_URL ?? "";
    expect(await redisSetting(url, "maxmemory-policy")).toBe("noeviction");
  });

  it("starts private Redis servers with a log and removes them whole", async () => {
    const server = await startRedis();
    const folder = await redisSetting(server.url, "dir");
    expect(await redisSetting(server.url, "appendonly")).toBe("yes");
    expect(await redisSetting(server.url, "bind")).toBe("127.0.0.1");
    expect(existsSync(folder)).toBe(true);
    await server.stop();
    expect(existsSync(folder)).toBe(false);
    expect(() => process.kill(server.pid, 0)).toThrow("ESRCH");
  });

  it("gives every run a PgBouncer that leads to its PostgreSQL", async () => {
    const { MILLRACE_TEST_PGBOUNCER_URL: pooler = "", MILLRACE_TEST_POSTGRES_URL: server = "" } = process.env;
    expect(await setting(pooler, "port")).toBe(await setting(server, "port"));
    expect(new URL(pooler).port).not.toBe(new URL(server).port);
  });

  it("starts private poolers, again at the same address, and removes them whole", async () => {
    const pooler = await startPgbouncer(process.env.MILLRACE_TEST_POSTGRES_URL ?? "");
    const first = pooler.pid;
    await pooler.restart();
    expect(pooler.pid).not.toBe(first);
    expect(() => process.kill(first, 0)).toThrow("ESRCH");
    expect(await setting(pooler.url, "server_encoding")).toBe("UTF8");
    await pooler.stop();
    expect(() => process.kill(pooler.pid, 0)).toThrow("ESRCH");
  });

  it.each(TEST_TOOLS)("provides the tool %s", (name) => {
    expect(existsSync(ensureTool(name))).toBe(true);
  });
});
