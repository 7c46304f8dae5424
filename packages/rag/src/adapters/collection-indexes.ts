/** Indexes of collections that are built while they are in use: of texts, one a language; of vectors, two a collection. */
import { MillraceError } from "@millrace/core";
import type { Database } from "../ports/sql.ts";
import { inSchema } from "./collection-schema.ts";
import type { CollectionStatements } from "./collection-statements.ts";

/** Longest time one build may take, in ms. */
const BUILD_LIMIT_MS = 6 * 3_600_000;
const PLAIN_NAME = /^[a-z][a-z0-9_]{0,40}$/;

/** An index, and what `create index` says after its name. */
interface IndexPlan {
  readonly name: string;
  readonly on: string;
}

/** The indexes that text searches in a language use. */
export function textIndexes(language: string): readonly IndexPlan[] {
  return [
    {
      name: `passage_text_${language}`,
      on: `millrace.passage using gin (to_tsvector('${language}'::regconfig, body))`,
    },
    {
      name: `item_text_${language}`,
      on: `millrace.collection_item using gin (to_tsvector('${language}'::regconfig, body)) where body is not null`,
    },
  ];
}

/** The indexes that find near vectors of a collection. */
export function nearIndexes(collection: number, dimensions: number): readonly IndexPlan[] {
  const of = `using hnsw ((embedding::vector(${dimensions})) vector_cosine_ops) where collection = ${collection}`;
  return [
    { name: `passage_near_${collection}`, on: `millrace.passage ${of}` },
    { name: `item_near_${collection}`, on: `millrace.collection_item ${of}` },
  ];
}

/** @throws MillraceError `bad-input` for a language that the server does not know. */
export async function checkLanguage(
  database: Database,
  statements: CollectionStatements,
  language: string,
): Promise<void> {
  const [row] = PLAIN_NAME.test(language)
    ? await statements.run<{ known: boolean }>(database, "language", [language])
    : [];
  if (row?.known === true) return;
  throw new MillraceError(
    "bad-input",
    `the server cannot read texts in ${JSON.stringify(language)}: it takes the name of a text search configuration, ` +
      "such as simple, english or german",
  );
}

/**
 * Builds those that are missing, without keeping writers out, one after the other; gives their names. One that another
 * process is building is left to it. What an interrupted build left is built anew.
 */
export async function buildMissing(
  database: Database,
  statements: CollectionStatements,
  plans: readonly IndexPlan[],
): Promise<readonly string[]> {
  const built: string[] = [];
  for (const plan of plans) if (await build(database, statements, plan)) built.push(plan.name);
  return built;
}

async function build(
  database: Database,
  statements: CollectionStatements,
  plan: IndexPlan,
): Promise<boolean> {
  const { schema } = statements;
  const [state] = await statements.run<{ ready: boolean; building: boolean }>(database, "index-state", [
    schema,
    plan.name,
  ]);
  if (state !== undefined && (state.ready || state.building)) return false;
  if (state !== undefined) await dropIndexes(database, statements, [plan.name]);
  const text = `create index concurrently if not exists "${plan.name}" on ${inSchema(plan.on, schema)}`;
  await database.script(text, BUILD_LIMIT_MS);
  return true;
}

/** Removes those there are, without keeping readers out. */
export async function dropIndexes(
  database: Database,
  statements: CollectionStatements,
  names: readonly string[],
): Promise<void> {
  const { schema } = statements;
  for (const name of names) {
    const [state] = await statements.run(database, "index-state", [schema, name]);
    if (state === undefined) continue;
    await database.script(`drop index concurrently if exists "${schema}"."${name}"`, BUILD_LIMIT_MS);
  }
}
