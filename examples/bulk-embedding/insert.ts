import { bulkInsert } from "@millrace/rag";
import { millrace, openCollections } from "millrace";
import { iterableReader } from "millrace/items";

/** A vector that another program has made. */
export interface Made {
  readonly id: string;
  readonly embedding: readonly number[];
  readonly metadata: { readonly lang: string };
}

/** Puts vectors from anywhere into a collection; `made` gives the same ones in the same order whenever it is asked. */
export async function insertVectors(store: string, collection: string, made: () => AsyncIterable<Made>) {
  const home = await openCollections({ store });
  const insert = bulkInsert({ collections: home.collections, reader: () => iterableReader(made) });
  const mr = millrace({ store: home.store, jobs: [insert] });
  try {
    mr.worker();
    const run = await mr.start(insert, { collection, model: "our-own" });
    await run.finished();
    const failed: string[] = [];
    for await (const { key, reason } of run.items("items", { states: ["failed"] })) {
      failed.push(`${key}: ${reason}`);
    }
    return { kept: await home.collections.count(collection), failed };
  } finally {
    await mr.close();
  }
}
