/** Proves the service harness: the run's PostgreSQL answers, is durable, and private ones come and go cleanly. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { startPostgres } from "../scripts/services/postgres.mjs";
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

  it.each(TEST_TOOLS)("provides the tool %s", (name) => {
    expect(existsSync(ensureTool(name))).toBe(true);
  });
});
