/** The embedded store on a disk that fills up: one clear error, nothing lost, and it works again with space. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPgliteClient } from "@millrace/postgres";
import { afterEach, beforeEach, expect, test } from "vitest";

const DISK_BYTES = 96 * 1024 * 1024;
const BALLAST_BYTES = 24 * 1024 * 1024;
const ROW_BYTES = 64 * 1024;
const MAX_ROWS = (2 * DISK_BYTES) / ROW_BYTES;

let disk = "";

beforeEach(() => {
  if (process.getuid?.() !== 0) throw new Error("A small disk is mounted for this test: run it as root.");
  disk = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
});

afterEach(() => {
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

type Client = ReturnType<typeof createPgliteClient>;

/** Inserts incompressible rows until one fails; gives how many were acknowledged, and the failure. */
async function fill(client: Client, from: number): Promise<{ acknowledged: number; failure: unknown }> {
  for (let n = from; n < from + MAX_ROWS; n += 1) {
    try {
      await client.query("insert into filler values ($1, $2)", [n, randomBytes(ROW_BYTES)]);
    } catch (failure) {
      return { acknowledged: n, failure };
    }
  }
  throw new Error("the disk never filled up");
}

async function rowsOf(client: Client): Promise<number> {
  const [row] = await client.query<{ rows: number }>("select count(*)::int as rows from filler");
  return row?.rows ?? -1;
}

test("a full disk is one clear error, loses nothing, and ends when there is space again", async () => {
  const directory = join(disk, "store");
  const ballast = join(disk, "ballast");
  writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
  const client = createPgliteClient({ directory, callTimeoutMs: 20_000 });
  await client.open();
  await client.script("create table filler (n int primary key, bytes bytea)");

  const { acknowledged, failure } = await fill(client, 0);
  expect(failure).toMatchObject({
    code: "store-full",
    message: expect.stringMatching(
      new RegExp(`^The disk of the store at ${directory} is full.*Free some space.*$`),
    ),
  });
  await expect(
    client.query("insert into filler values (-1, $1)", [randomBytes(ROW_BYTES)]),
  ).rejects.toMatchObject({
    code: "store-full",
  });

  rmSync(ballast);
  expect(await rowsOf(client)).toBeGreaterThanOrEqual(acknowledged);
  await client.query("insert into filler values (-2, $1)", [randomBytes(ROW_BYTES)]);
  await client.close();

  const next = createPgliteClient({ directory });
  await next.open();
  expect(await rowsOf(next)).toBeGreaterThanOrEqual(acknowledged + 1);
  await next.close();
});

test("no room for the log, where PostgreSQL itself never answers again, is the same clear error", async () => {
  const directory = join(disk, "store");
  const ballast = join(disk, "ballast");
  const client = createPgliteClient({ directory, callTimeoutMs: 600_000 }); // it must not come to that
  await client.open();
  await client.script("create table filler (n int primary key, bytes bytea)");
  await client.query("insert into filler values (0, '')");
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize - 1024 * 1024));

  const failure = await switchLogs(client).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "store-full" });
  await expect(client.query("insert into filler values (-1, '')")).rejects.toMatchObject({
    code: "store-full",
  });

  rmSync(ballast);
  expect(await rowsOf(client)).toBe(1);
  await client.query("insert into filler values (-2, '')");
  await client.close();
});

/** Each switch starts a new log file of 16 MB. */
async function switchLogs(client: Client): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await client.query("select pg_logical_emit_message(true, 'x', 'x')");
    await client.query("select pg_switch_wal()");
  }
}

test("a disk too small for a new store says so", async () => {
  writeFileSync(join(disk, "ballast"), Buffer.alloc(DISK_BYTES - 8 * 1024 * 1024));
  const directory = join(disk, "store");
  const client = createPgliteClient({ directory });
  await expect(client.open()).rejects.toMatchObject({ code: "store-full" });
  rmSync(join(disk, "ballast"));
  const next = createPgliteClient({ directory });
  await next.open();
  await next.close();
});
