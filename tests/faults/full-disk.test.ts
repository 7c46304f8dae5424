/** A server whose data disk is full: who enqueues is told by name, workers wait, and nothing acknowledged is lost. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobId } from "@millrace/core";
import { createPgClient, type SqlClient } from "@millrace/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { type RaceStore, raceJob, raceStore } from "../races/race-store.ts";
import { faultWorker, recoveryMs } from "./fault-worker.ts";
import { allEnded, report, unharmed, verdictOf } from "./verdict.ts";

const MB = 1024 * 1024;
const DISK_BYTES = 96 * MB;
/** More than the jobs take: what moves to history is written anew, and large claims are sorted on the disk. */
const BALLAST_BYTES = 64 * MB;
/** Incompressible. */
const INPUT_BYTES = 32 * 1024;
const MOST_JOBS = (2 * DISK_BYTES) / INPUT_BYTES;

let disk = "";
let server: Awaited<ReturnType<typeof startPostgres>>;
let admin: SqlClient;

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error("A small disk is mounted for this test: run it as root.");
  disk = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
  server = await startPostgres();
  const { uid, gid } = statSync(`/proc/${server.pid}`);
  chownSync(disk, uid, gid);
  mkdirSync(join(disk, "data"));
  chownSync(join(disk, "data"), uid, gid);
  admin = createPgClient({ url: server.url });
  await admin.open();
});

afterAll(async () => {
  await admin.close();
  await server.stop();
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

test("a full disk under a server's data", async () => {
  await admin.query(`create tablespace small location '${join(disk, "data")}'`);
  await admin.query("create database full_disk tablespace small");
  const race = await raceStore(server.url.replace(/postgres$/, "full_disk"), "fault_full_disk");
  writeFileSync(join(disk, "ballast"), Buffer.alloc(BALLAST_BYTES));

  const { ids, failure } = await enqueueUntilFull(race);
  expect(failure).toMatchObject({ code: "store-full", message: expect.stringContaining("Free some space") });
  const worker = faultWorker(race);
  const full = expect.objectContaining({ code: "store-full" });
  await expect.poll(() => worker.errors, { timeout: 60_000 }).toContainEqual(full);

  rmSync(join(disk, "ballast"));
  const healedAtMs = performance.now();
  const next = await race.mr.enqueue(raceJob, null);
  await allEnded(race.mr, [...ids, next.id]);
  const verdict = await verdictOf(race.mr, [...ids, next.id]);
  report("full disk", verdict, { recoveryMs: await recoveryMs(worker, healedAtMs) });
  expect(verdict).toEqual(unharmed([...ids, next.id]));
  await worker.stop();
  await race.remove();
});

/** One after the other; gives the ids that were acknowledged, and why there are no more. */
async function enqueueUntilFull({ mr }: RaceStore): Promise<{ ids: readonly JobId[]; failure: unknown }> {
  const ids: JobId[] = [];
  while (ids.length < MOST_JOBS) {
    try {
      const { id } = await mr.enqueue(raceJob, randomBytes(INPUT_BYTES).toString("base64"));
      ids.push(id);
    } catch (failure) {
      return { ids, failure };
    }
  }
  throw new Error("the disk never filled up");
}
