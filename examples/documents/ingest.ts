import {
  canonicalRoots,
  type DocumentRecord,
  hashLexicalV1,
  ingestBatch,
  markdownSplitter,
} from "@millrace/rag";
import { millrace, openCollections } from "millrace";
import { extractor } from "./csv-type.ts";

/** Reads files, folders and globs into a collection, and tells of every document how it was made. */
export async function ingest(
  store: string,
  collection: string,
  paths: readonly string[],
): Promise<readonly DocumentRecord[]> {
  const home = await openCollections({ store });
  const embedder = hashLexicalV1();
  const { model, dimensions } = embedder;
  await home.collections.ensure({ name: collection, model, dimensions });
  const batch = ingestBatch({ ...home, extractor, splitter: markdownSplitter(), embedder });
  const mr = millrace({ store: home.store, jobs: [batch] });
  try {
    mr.worker();
    const run = await mr.start(batch, { collection, roots: await canonicalRoots(paths) });
    await run.finished();
    return await home.collections.documents(collection, { limit: 1_000 });
  } finally {
    await mr.close();
    await extractor.stop();
  }
}
