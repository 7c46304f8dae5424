/** The commands `audit ls|verify|head` as built, on PostgreSQL. */

import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { createMillrace } from "@millrace/core";
import { createPgClient, sqlStore } from "@millrace/postgres";
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";

const place = new CommandPlace();

beforeAll(async () => {
  place.writeTwo();
  await place.run("ingest", "docs"); // makes the store
  const store = sqlStore(createPgClient({ url: testPostgresUrl() }), { schema: place.schema });
  await using mr = createMillrace({ store, actor: { kind: "user", id: "ann" } });
  await mr.queues.pause("mail", { reason: "SMTP is down" });
  await mr.queues.resume("mail");
});
afterAll(() => place.remove());

test("lists who did what and why, newest first; who made the store is the person at the command", async () => {
  const { code, out } = await place.run("audit", "ls", "-o", "json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject([
    { type: "queue.configured", actor: { kind: "user", id: "ann" }, before: { paused: true } },
    { type: "queue.configured", reason: "SMTP is down", resourceId: "mail" },
    { type: "store.migrated", actor: { kind: "user", id: userInfo().username } },
  ]);
  const table = await place.run("audit", "ls", "--resource", "mail", "--limit", "1");
  expect(table.out).toMatch(/queue\.configured {2}user ann {2}queue mail/);
  expect(table.err).toContain("--after");
  expect((await place.run("audit", "ls", "--since", "soon")).code).toBe(2);
});

test("verifies beside a head that was kept, as a file or as a hash", async () => {
  const { out } = await place.run("audit", "head", "-o", "json");
  const [head] = JSON.parse(out);
  expect(head).toMatchObject({ tenant: "", n: 3 });
  writeFileSync(join(place.folder, "head.json"), out);
  writeFileSync(join(place.folder, "head.txt"), (await place.run("audit", "head")).out);
  for (const kept of ["head.json", "head.txt", `3:${head.hash}`]) {
    expect((await place.run("audit", "verify", "--head", kept)).code, kept).toBe(0);
  }
  expect(await place.run("audit", "verify", "--head", "nowhere.json")).toMatchObject({ code: 2 });
  writeFileSync(join(place.folder, "empty.json"), "[]");
  expect(await place.run("audit", "verify", "--head", "empty.json")).toMatchObject({ code: 2 });
  await place.sql(`alter table "${place.schema}".audit disable trigger user;
    delete from "${place.schema}".audit where n = 3;
    update "${place.schema}".audit_chain c set n = 2, hash = a.hash from "${place.schema}".audit a where a.n = 2`);
  expect((await place.run("audit", "verify")).code).toBe(0);
  for (const kept of ["head.json", head.hash]) {
    const { code, err } = await place.run("audit", "verify", "--head", kept);
    expect([code, err], kept).toEqual([1, expect.stringContaining("tenant (none), record 3: truncated")]);
  }
});

test("a broken chain is exit 1, with tenant, place and kind of damage", async () => {
  await place.sql(`update "${place.schema}".audit set text = replace(text, 'SMTP', 'smtp') where n = 2`);
  const { code, out, err } = await place.run("audit", "verify", "-o", "json");
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([
    { tenant: "", isSound: false, damages: [{ kind: "edited", from: 2, to: 2 }] },
  ]);
  expect(err).toContain("tenant (none), record 2: edited");
});
