/** A collection of one's own vectors, searched with a filter, and moved to another model. */

import {
  cachedEmbedder,
  type Embedder,
  MemoryCollections,
  MemoryEmbeddingCache,
  swapBatch,
} from "@millrace/rag";
import { createMillrace, memoryStore } from "millrace";

const collections = new MemoryCollections();
const cache = new MemoryEmbeddingCache();

/** Puts in vectors that were made elsewhere; an id that is there already is updated. */
export async function fill(model: Embedder): Promise<{ inserted: number; updated: number; hits: number }> {
  const texts = ["a water wheel", "a wheel of cheese", "rye bread"];
  let hits = 0;
  const embedder = cachedEmbedder(model, cache);
  const { signal } = new AbortController();
  const vectors = await embedder.embed(texts, { signal, onCached: (count) => (hits += count) });
  await collections.ensure({ name: "things", model: model.model, dimensions: model.dimensions });
  const items = vectors.map((embedding, n) => ({
    id: `thing-${n}`,
    embedding,
    text: texts[n] ?? "",
    metadata: { year: 2020 + n, kind: n === 0 ? "machine" : "food" },
  }));
  const { inserted, updated } = await collections.upsertItems("things", items);
  return { inserted, updated, hits };
}

/** By vector and by words, of things from 2021 on that can be eaten. */
export async function find(model: Embedder, text: string): Promise<readonly string[]> {
  const [vector] = await model.embed([text], { signal: new AbortController().signal });
  const hits = await collections.search("things", {
    text,
    vector,
    model: model.model,
    limit: 5,
    filter: {
      metadata: [
        { key: "kind", equals: "food" },
        { key: "year", atLeast: 2021 },
      ],
    },
  });
  return hits.map(({ id }) => id);
}

/** The same things with another model's vectors; searches see the old ones until all of the new ones are there. */
export async function moveTo(model: Embedder): Promise<string> {
  const swap = swapBatch({ collections, embedder: cachedEmbedder(model, cache) });
  const mr = createMillrace({ store: memoryStore(), jobs: [swap] });
  mr.worker({ queues: ["ingest"] });
  const run = await mr.start(swap, { collection: "things" });
  const { state } = await run.finished();
  await mr.close();
  return state;
}
