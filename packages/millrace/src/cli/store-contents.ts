/** What a store holds, in a few lines, for whoever is about to remove it. */
import { MillraceError } from "@millrace/core";
import type { Home } from "../home/home.ts";
import type { OpenClient } from "./client.ts";
import { count, counted, megabytes } from "./words.ts";

const HAS_COLLECTIONS = "collection_migration";

/** Lines on an open store. @throws MillraceError `not-found` where its schema is not there. */
export async function storeContents({ home, mr }: OpenClient): Promise<readonly string[]> {
  const { place, tools } = home;
  const contents = await tools?.contents();
  if (contents === undefined && place.kind === "embedded")
    return [`store       ${place.name}`, "schema      none"];
  if (contents === undefined) {
    throw new MillraceError("not-found", `there is no schema "${tools?.schema}" at ${place.name}`);
  }
  const { tables, bytes, foreign } = contents;
  return [
    `store       ${place.name}`,
    `schema      ${tools?.schema}: ${counted(tables.length, "table")}, ${megabytes(bytes)}`,
    ...(await jobLines(home, mr)),
    ...(tables.includes(HAS_COLLECTIONS) ? await collectionLines(home) : []),
    ...(foreign.length === 0 ? [] : [`not ours    ${foreign.join(", ")}`]),
  ];
}

/** A schema of another version may lack what the figures are read from. */
async function jobLines(home: Home, mr: OpenClient["mr"]): Promise<readonly string[]> {
  const { pending } = await home.schema();
  if (pending.length > 0) return [`jobs        not counted: the schema lacks ${pending.join(", ")}`];
  const { queued, running, waiting, completed, dead } = await mr.stats();
  return [
    `jobs        ${count(queued)} queued, ${count(running)} running, ${count(waiting)} waiting for children`,
    `so far      ${count(completed)} completed, ${count(dead)} dead`,
  ];
}

async function collectionLines({ collections }: Home): Promise<readonly string[]> {
  await collections.prepare();
  const all = await collections.list();
  return all.map(({ name, documents, passages }) => {
    return `collection  ${name}: ${counted(documents, "document")}, ${counted(passages, "passage")}`;
  });
}
