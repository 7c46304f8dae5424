/** An audit on PostgreSQL: refused to whoever has no right to switch its triggers off, and told on where they did. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type AuditSchema, auditSchema } from "./audit-schema.ts";

const RECORDS = 6;
let audit: AuditSchema;
let kept: readonly { readonly tenant: string; readonly n: number; readonly hash: string }[] = [];

beforeAll(async () => {
  audit = await auditSchema("audit_tampering");
});
afterAll(() => audit.remove());

beforeEach(async () => {
  await audit.tamper("truncate millrace.audit", "delete from millrace.audit_chain");
  await audit.act(RECORDS, "acme");
  await audit.act(2);
  kept = await audit.mr.audit.heads();
});

async function damages(heads = kept): Promise<readonly string[]> {
  const { chains } = await audit.mr.audit.verify({ heads });
  return chains.flatMap(({ tenant, damages: found }) =>
    found.map(({ kind, from, to }) => `${tenant || "none"} ${kind} ${from}-${to}`),
  );
}

test("an audit that nobody touched is sound", async () => {
  expect(await damages()).toEqual([]);
});

test.each([
  ["an update", "update millrace.audit set text = replace(text, 'ann', 'bob') where n = 3"],
  ["an update that changes nothing", "update millrace.audit set n = n where n = 3"],
  ["a deletion", "delete from millrace.audit where n = 3"],
  ["emptying it", "truncate millrace.audit"],
])("%s is refused", async (_, text) => {
  await expect(audit.sql(text)).rejects.toMatchObject({
    code: "store-failed",
    details: { sqlState: "55000" },
  });
  expect(await damages()).toEqual([]);
});

test("a record without a place can get one, and nothing else of it can change", async () => {
  await audit.act(1);
  for (const text of [
    "update millrace.audit set text = '{}' where n is null",
    "update millrace.audit set tenant = 'acme', n = 99 where n is null",
    "delete from millrace.audit where n is null",
  ]) {
    await expect(audit.sql(text)).rejects.toMatchObject({ details: { sqlState: "55000" } });
  }
  expect(await damages()).toEqual([]);
});

describe("whoever switches the triggers off is told on:", () => {
  const AT = "tenant = 'acme' and n";
  test.each<[string, string, string]>([
    [
      "an edited reason",
      `update millrace.audit set text = replace(text, 'the 3th', 'none') where ${AT} = 3`,
      "acme edited 3-3",
    ],
    [
      "another actor",
      `update millrace.audit set text = replace(text, '"ann"', '"bob"') where ${AT} = 1`,
      "acme edited 1-1",
    ],
    [
      "another time to be found by",
      `update millrace.audit set at = at - interval '1 day' where ${AT} = 2`,
      "acme edited 2-2",
    ],
    [
      "another type to be found by",
      `update millrace.audit set type = 'x' where ${AT} = 6`,
      "acme edited 6-6",
    ],
    ["hashes taken away", `update millrace.audit set hash = null where ${AT} = 4`, "acme edited 4-4"],
    ["a deletion", `delete from millrace.audit where ${AT} = 3`, "acme deleted 3-3"],
    ["a deletion of several", `delete from millrace.audit where ${AT} in (2, 3, 4)`, "acme deleted 2-4"],
    ["the beginning deleted", `delete from millrace.audit where ${AT} < 3`, "acme deleted 1-2"],
    ["the end deleted", `delete from millrace.audit where ${AT} > 4`, "acme truncated 5-6"],
    ["a whole chain deleted", `delete from millrace.audit where tenant = 'acme'`, "acme truncated 1-6"],
  ])("%s", async (_, text, damage) => {
    await audit.tamper(text);
    expect(await damages()).toContain(damage);
    expect((await damages([])).length).toBeGreaterThan(0);
  });

  test("a deletion after which the rest got new numbers", async () => {
    await audit.tamper(
      `delete from millrace.audit where ${AT} = 3`,
      `update millrace.audit set n = -n where ${AT} > 3`,
      `update millrace.audit set n = -n - 1 where tenant = 'acme' and n < 0`,
    );
    expect(await damages([])).toContain("acme deleted 3-3");
  });

  test("two records that changed places", async () => {
    await audit.tamper(
      `update millrace.audit set n = case n when 2 then -5 else -2 end where ${AT} in (2, 5)`,
      "update millrace.audit set n = -n where n < 0",
    );
    expect(await damages([])).toEqual(expect.arrayContaining(["acme reordered 2-2", "acme reordered 5-5"]));
  });

  test("an end cut off together with the store's own word of it, only beside a kept head", async () => {
    await audit.tamper(
      `delete from millrace.audit where ${AT} > 4`,
      `update millrace.audit_chain c set n = 4, hash = a.hash from millrace.audit a
       where c.tenant = 'acme' and a.tenant = 'acme' and a.n = 4`,
    );
    expect(await damages([])).toEqual([]);
    expect(await damages()).toEqual(["acme truncated 5-6"]);
  });

  test("a tenant of which everything was deleted, only beside a kept head", async () => {
    await audit.tamper(
      "delete from millrace.audit where tenant = 'acme'",
      "delete from millrace.audit_chain where tenant = 'acme'",
    );
    expect(await damages([])).toEqual([]);
    expect(await damages()).toEqual(["acme truncated 1-6"]);
  });

  test("a chain written anew after an edit, only beside a kept head", async () => {
    await audit.tamper(
      `update millrace.audit set text = replace(text, 'the 3th', 'none') where ${AT} = 3`,
      "update millrace.audit set n = null, previous = null, hash = null where tenant = 'acme'",
      "delete from millrace.audit_chain where tenant = 'acme'",
    );
    expect(await damages([])).toEqual([]);
    expect(await damages()).toEqual(["acme replaced 6-6"]);
  });

  test("the beginning taken off as if retention had, without its record", async () => {
    await audit.tamper(
      `update millrace.audit_chain c set pruned_n = 2, pruned_hash = a.hash from millrace.audit a
       where c.tenant = 'acme' and a.tenant = 'acme' and a.n = 2`,
    );
    await audit.sql("delete from millrace.audit where tenant = 'acme' and n <= 2");
    expect(await damages([])).toEqual(["acme deleted 1-2"]);
  });
});

test("retention lets go of what is old, and of nothing else", async () => {
  const { store } = audit.mr;
  expect(await store.pruneAudit({ olderThanMs: 0, limit: 4 })).toMatchObject({ pruned: 4, more: true });
  await expect(audit.sql("delete from millrace.audit where tenant = 'acme'")).rejects.toMatchObject({
    details: { sqlState: "55000" },
  });
  const { isSound, chains } = await audit.mr.audit.verify({ heads: kept });
  expect(isSound).toBe(true);
  expect(chains.reduce((sum, { prunedTo }) => sum + prunedTo, 0)).toBe(4);
});

test("who brought the schema up to date stands in the audit of no tenant", async () => {
  const fresh = await auditSchema("audit_fresh");
  try {
    const { rows } = await fresh.mr.audit.list();
    expect(rows).toMatchObject([
      { type: "store.migrated", action: "migrate", tenant: "", actor: { kind: "user", id: "ann" } },
    ]);
    expect(rows[0]?.details["migrations"]).toContain("0013-audit");
  } finally {
    await fresh.remove();
  }
});
