import { createPgClient } from "@millrace/postgres";
import { SqlCollections } from "@millrace/rag";
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseOver } from "../../packages/millrace/src/home/sql-database.ts";
import { dropSchema, makeSchema, textIn } from "./plan-schema.ts";

const SCHEMA = "plans_bulk";
const ROWS = 10_000;
const FEW = 64;
const RUN = "01900000-0000-7000-8000-000000000001";
const COLLECTION = 7;
const database = new pg.Client(testPostgresUrl());

const keys = Array.from({ length: FEW }, (_, n) => `docs/${n}`);
const shops = keys.map((_, n) => `shop/${n}`);
const items = keys.map((key) => ({ run: RUN, step: "documents", key, state: "done", job: RUN }));
/** What a run of many documents or partitions asks for a few of them, with its parameters, and the columns it finds rows by. */
const STATEMENTS = [
  ["item/among", [RUN, "documents", null, `{${keys}}`, null, FEW], ["run", "step", "key"]],
  ["item/find", [RUN, "documents", null, "docs/9", FEW], ["run", "step", "key"]],
  ["item/replace", [JSON.stringify(items)], ["run", "step", "key"]],
  ["step/find", [RUN, null, "shop/9", FEW], ["run", "step"]],
  ["step/among", [RUN, null, `{${shops}}`, null, FEW], ["run", "step"]],
  ["versions", [COLLECTION, `{${keys}}`], ["collection", "source"]],
  ["sources", [COLLECTION, "docs/9", FEW], ["collection", "source"]],
  ["clear", [COLLECTION, `{${keys}}`], ["collection", "source"]],
  ["document-records", [COLLECTION, "docs/9", FEW], ["collection", "source"]],
  ["extraction-find", ["hash9", "pdf", "pdf/1"], ["hash", "format", "version"]],
] as const;

/** A run that has come far, while the statistics still tell of the time before it. */
beforeAll(async () => {
  await makeSchema(database, SCHEMA);
  const client = createPgClient({ url: testPostgresUrl() });
  await client.open();
  await new SqlCollections(databaseOver(client), { schema: SCHEMA }).prepare();
  await client.close();
  for (const table of ["item", "step", "document", "page", "passage", "extraction"])
    await database.query(`vacuum analyze ${SCHEMA}.${table}`);
  const fill = (table: string, columns: string, values: string) =>
    database.query(
      `insert into ${SCHEMA}.${table} (${columns}) select ${values} from generate_series(1, ${ROWS}) n`,
    );
  await fill(
    "item",
    "run, step, key, state, job, at",
    `'${RUN}', 'documents', 'docs/' || n, 'done', '${RUN}', now()`,
  );
  await fill(
    "step",
    "run, step, state, starts, detail, updated_at",
    `'${RUN}', 'shop/' || n, 'pending', 0, '{}', now()`,
  );
  await fill(
    "document",
    "collection, source, hash, pipeline, format, engine, bytes, pages, passages, extract_ms, indexed_at",
    `${COLLECTION}, 'docs/' || n, 'hash', 'pipeline', 'text', 'text', 1, 1, 1, 1, now()`,
  );
  await fill("extraction", "hash, format, version, pages, body", `'hash' || n, 'pdf', 'pdf/1', 1, '\\x00'`);
  await fill("page", "collection, source, number, body", `${COLLECTION}, 'docs/' || n, 1, 'text'`);
  await fill(
    "passage",
    `id, collection, source, ordinal, page_start, page_end, start_at, end_at, tokens, heading_path, body, embedding`,
    `gen_random_uuid(), ${COLLECTION}, 'docs/' || n, 0, 1, 1, 0, 1, 1, '[]', 't', '[1]'`,
  );
});
afterAll(() => dropSchema(database, SCHEMA));

describe.each(["force_generic_plan", "force_custom_plan"])("with %s", (mode) => {
  test.each(STATEMENTS)("%s reads no more than it is asked for", async (name, values, columns) => {
    await database.query(`set plan_cache_mode = ${mode}`);
    await database.query(`prepare "${name} ${mode}" as ${textIn(SCHEMA, name)}`);
    const literals = values.map((value) => (value === null ? "null" : pg.escapeLiteral(String(value))));
    const { rows } = await database.query(`explain execute "${name} ${mode}"(${literals.join(", ")})`);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toMatch(new RegExp(`Index Cond: .*${columns.join(".*")}`));
    expect(plan).not.toMatch(/Seq Scan/);
  });
});
