/** Processes that die between an action and its chaining, or holding an embedded store. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMillrace } from "@millrace/core";
import { createPgliteClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AuditSchema, auditSchema } from "./audit-schema.ts";

const ACTOR = fileURLToPath(new URL("actor.mjs", import.meta.url));
let audit: AuditSchema;

beforeAll(async () => {
  audit = await auditSchema("audit_lost");
});
afterAll(() => audit.remove());

test("a process killed right after its action leaves a record, which others chain", async () => {
  const process_ = spawn(process.execPath, [ACTOR, testPostgresUrl(), audit.schema, "5"], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [, signal] = await once(process_, "close");
  expect(signal).toBe("SIGKILL");
  const paused = (await audit.mr.queues.list()).map(({ queue }) => queue);
  expect(paused).toHaveLength(5);
  const [chain] = await audit.mr.store.auditChains({ tenant: "" });
  expect(chain?.pending).toBeGreaterThanOrEqual(5);
  expect(await audit.mr.audit.verify()).toMatchObject({ isSound: true, chains: [{ pending: 0 }] });
  const { rows } = await audit.mr.audit.list({ types: ["queue.configured"] });
  expect(rows.map(({ resourceId }) => resourceId).sort()).toEqual(paused);
  expect(rows[0]?.actor).toEqual({ kind: "process", id: "doomed" });
});

test("who takes an embedded store over from a dead process is written down, once", async () => {
  const directory = mkdtempSync(join(tmpdir(), "millrace-audit-"));
  const open = async () => {
    const mr = createMillrace({ store: sqlStore(createPgliteClient({ directory, durability: "process" })) });
    await mr.open();
    const { rows } = await mr.audit.list({ types: ["store.lock-taken-over"] });
    expect(await mr.audit.verify()).toMatchObject({ isSound: true });
    await mr.close();
    return rows;
  };
  try {
    expect(await open()).toEqual([]);
    const { pid } = spawnSync("node", ["-e", ""]);
    const dead = { pid, startedAt: "", host: hostname(), command: "gone", nonce: "n" };
    writeFileSync(join(directory, "lock"), JSON.stringify(dead));
    const [record, ...others] = await open();
    expect(record).toMatchObject({
      actor: { kind: "system", id: "millrace" },
      tenant: "",
      resourceType: "store",
      details: { pid, command: "gone", takenBy: process.pid },
    });
    expect(others).toEqual([]);
    expect(await open()).toHaveLength(1);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
