/** The commands over a store as a whole, on PostgreSQL: migrations as a script, and a removal that takes only its own. */
import { testPostgresUrl } from "@millrace/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CommandPlace } from "./command-place.ts";

let place: CommandPlace;
beforeAll(() => {
  place = new CommandPlace();
});
afterAll(() => place.remove());

test("migrations are named, printed as a script that does the same, and then there is nothing to do", async () => {
  expect(await place.run("destroy", "--dry-run")).toMatchObject({ code: 3, out: "" });
  const dry = await place.run("migrate", "--dry-run");
  expect(dry).toMatchObject({ code: 0, err: "nothing was run\n" });
  expect(dry.out).toMatch(/^0001-first\n0002-keys\n/);
  const { out: script } = await place.run("migrate", "--sql");
  expect((await place.run("migrate", "--dry-run")).out).toBe(dry.out);
  await place.sql(script);
  expect(await place.run("migrate")).toMatchObject({ code: 0, out: "", err: "the schema is up to date\n" });
  expect(await place.run("migrate", "--sql")).toMatchObject({ code: 0, out: "" });
  const { username: role } = new URL(testPostgresUrl());
  const { out: told } = await place.run("audit", "ls", "-o", "json");
  expect(JSON.parse(told)).toMatchObject([
    {
      type: "store.migrated",
      actor: { kind: "user", id: role },
      details: { migrations: dry.out.split("\n") },
    },
  ]);
  expect((await place.run("audit", "verify")).code).toBe(0);
  expect((await place.run("enqueue", "a", "1")).code).toBe(0);
});

test("a store is shown before it is removed, and only its name or --yes removes it", async () => {
  await place.run("collections", "ls"); // makes the tables of collections
  const { out } = await place.run("destroy", "--dry-run");
  expect(out).toMatch(
    new RegExp(`^schema +${place.schema}: \\d+ tables, \\d+ MB\njobs +1 queued, 0 running`, "m"),
  );
  expect(await place.run("destroy")).toMatchObject({ code: 2, err: expect.stringContaining("add --yes") });
  expect((await place.run("jobs", "ls")).out).toContain("ready");
});

test("a schema with somebody else's table, or a view on it from outside, is left whole", async () => {
  await place.sql(`create table ${place.schema}.customers (id integer)`);
  const mixed = await place.run("destroy", "--yes");
  expect(mixed.code).toBe(2);
  expect(mixed.err).toContain(
    `holds what is not millrace's, nothing was removed: table ${place.schema}.customers`,
  );
  expect(mixed.out).toMatch(/^not ours +table .*customers$/m);
  await place.sql(`drop table ${place.schema}.customers`);
  await place.sql(`create view public.${place.schema}_seen as select id from ${place.schema}.job`);
  const seen = await place.run("destroy", "--yes");
  expect(seen.code).toBe(2);
  expect(seen.err).toContain(`something outside schema "${place.schema}" depends on it, nothing was removed`);
  expect((await place.run("jobs", "ls")).out).toContain("ready");
  await place.sql(`drop view public.${place.schema}_seen`);
});

test("what is removed is gone, the tables of collections too", async () => {
  expect(await place.run("destroy", "--yes")).toMatchObject({
    code: 0,
    err: expect.stringMatching(new RegExp(`^removed schema "${place.schema}" at postgres://`)),
  });
  await place.sql(`create schema ${place.schema}`); // fails where one is left
  await place.sql(`drop schema ${place.schema}`);
  expect(await place.run("jobs", "ls")).toMatchObject({ code: 3, out: "" });
  expect(await place.run("destroy", "--yes")).toMatchObject({ code: 3 });
});
