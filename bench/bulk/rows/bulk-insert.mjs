// Owns the row bulk_insert: items with vectors of 384 dimensions and metadata into a collection.
import { withEmbedded, withServer } from "../collections.mjs";

const DIMENSIONS = 384;
const BATCH = 2_500;
const NAME = "bench";
const MANY = 100_000;
const FEW = 50_000;

export const bulkInsert = {
  key: "bulk_insert",
  title: "bulk_insert, 384 dimensions",
  unit: "rows/s",
  says: `New items, each with an id, a vector and metadata of two keys, in batches of ${BATCH}, each committed: from the first
call to the last commit. ${FEW} items into the embedded database, ${MANY} into the server, by one writer and by four
at once. "again" writes the same ids a second time.`,
  systems: [
    {
      name: "PGlite",
      bar: 10_000,
      measure: () => withEmbedded((kept) => timed(kept, { items: FEW, writers: 1 })),
    },
    {
      name: "PGlite, again",
      measure: () => withEmbedded((kept) => timedAgain(kept, { items: FEW, writers: 1 })),
    },
    {
      name: "PostgreSQL, one writer",
      measure: ({ url }) => withServer(url, (kept) => timed(kept, { items: MANY, writers: 1 })),
    },
    {
      name: "PostgreSQL, four writers",
      bar: 40_000,
      measure: ({ url }) => withServer(url, (kept) => timed(kept, { items: MANY, writers: 4 })),
    },
  ],
};

async function timed(collections, { items, writers }) {
  await collections.ensure({ name: NAME, model: "bench", dimensions: DIMENSIONS });
  const batches = batchesOf(items);
  const total = batches.length;
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async () => {
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop())
        await collections.upsertItems(NAME, batch);
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const kept = await collections.count(NAME);
  if (kept !== items || total !== Math.ceil(items / BATCH))
    throw new Error(`${kept} of ${items} rows are there`);
  return { items, seconds };
}

async function timedAgain(collections, options) {
  await timed(collections, options);
  return timed(collections, options);
}

/** All made beforehand: what is measured is the writing. */
function batchesOf(count) {
  const vectors = Array.from({ length: 500 }, (_, v) =>
    Float32Array.from({ length: DIMENSIONS }, (_, n) => Math.sin(v * 31 + n * 7)),
  );
  const items = Array.from({ length: count }, (_, n) => ({
    id: `item:${String(n).padStart(9, "0")}`,
    embedding: vectors[n % vectors.length],
    metadata: { n, group: `g${n % 10}` },
  }));
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, n) => items.slice(n * BATCH, (n + 1) * BATCH));
}
