/** Bulk inserting: vectors that are there already into a collection, as a restartable batch with a row for each item. */
import { defineBatch, Filtered, type Pipeline, type Reader } from "@millrace/core";
import { floatsOfBase64 } from "../models/float-text.ts";
import type { CollectionItem } from "../ports/items.ts";
import { itemProblem } from "../search/checked-items.ts";
import { bulkItems, type RepeatedItem, repeatsIn, sourceReader, UNCOUNTED } from "./bulk-items.ts";
import { BULK_STEPS, type BulkCollections, type BulkOptions, chunkPolicy } from "./bulk-options.ts";
import { type BulkOutput, tallyOf, writeItems } from "./bulk-output.ts";
import { type BulkInsertParams, insertParams } from "./bulk-params.ts";
import { fieldOf, malformed, recordParts } from "./bulk-record.ts";
import { numberedRecords } from "./numbered-records.ts";
import { ready } from "./ready.ts";
import type { Repeats } from "./repeated-ids.ts";
import { vectorText } from "./vector-text.ts";

/** What bulk inserting works with. */
export interface BulkInsertTools extends BulkOptions<BulkInsertParams> {
  readonly collections: BulkCollections;
}

/** An item as a chunk carries it. */
interface InsertItem {
  readonly id: string;
  /** From {@link vectorText}. */
  readonly embedding: string;
  readonly text?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

type Item = InsertItem | RepeatedItem;

/** Name and queue of the batch. */
export const BULK_INSERT = "bulk_insert";

const CHUNK_ITEMS = 250;
const CONCURRENCY = 4;
const EXTERNAL_MODEL = "external";

/** What a chunk's items share. */
interface Prepared {
  readonly known: ReadonlySet<string>;
  readonly dimensions: number;
}

/**
 * The batch; list it among a program's `jobs`. A run takes items `{id?, embedding, text?, metadata?}` and puts them into a
 * collection under their ids. A collection that is not there gets the dimensions of the first item that has a vector; an
 * item of other dimensions fails alone. Where the parameters name a model, a collection of another one fails the run.
 */
export function bulkInsert(tools: BulkInsertTools): Pipeline<BulkInsertParams> {
  const { collections, repeats = "check", priority } = tools;
  const readerOf = tools.reader ?? sourceReader;
  const isReady = ready(() => collections.prepare());
  return defineBatch({
    name: BULK_INSERT,
    params: insertParams(tools.reader !== undefined),
    queue: BULK_INSERT,
    rerun: true,
    ...(priority === undefined ? {} : { priority }),
  })
    .step(BULK_STEPS.check, async ({ input, ctx }): Promise<Repeats | null> => {
      const reader = readerOf(input);
      const reading = { ...ctx, steps: {}, ...UNCOUNTED };
      await isReady();
      await ensureCollection(collections, input, () => firstDimensions(reader, reading));
      return repeats === "trust" ? null : await repeatsIn(reader, reading);
    })
    .step(BULK_STEPS.items, {
      read: (ctx) =>
        bulkItems<InsertItem>(
          {
            reader: readerOf(ctx.params),
            run: ctx.run.id,
            found: ctx.steps.check,
            itemOf: insertItem,
          },
          ctx,
        ),
      prepare: async (items: readonly Item[], { params }) => {
        await isReady();
        return prepared(collections, params.collection, items);
      },
      process: (item, { params, prepared: { known, dimensions } }) => {
        if ("repeated" in item) return new Filtered("repeated-id");
        const output: BulkOutput = { item: collectionItem(item), isNew: !known.has(item.id) };
        const problem = itemProblem(output.item, { name: params.collection, dimensions });
        if (problem !== undefined) throw problem;
        return output;
      },
      write: (outputs, { params, transaction }) =>
        writeItems(collections, params.collection, { outputs, transaction }),
      tally: tallyOf,
      weight: bytesOf,
      ...chunkPolicy(tools, { chunkSize: CHUNK_ITEMS, concurrency: CONCURRENCY }),
    });
}

async function ensureCollection(
  collections: BulkCollections,
  { collection: name, model }: BulkInsertParams,
  dimensionsOf: () => Promise<number | undefined>,
): Promise<void> {
  if (await isThere(collections, { name, model })) return;
  const dimensions = await dimensionsOf();
  if (dimensions !== undefined)
    await collections.ensure({ name, model: model ?? EXTERNAL_MODEL, dimensions });
}

/**
 * Whether there is such a collection; one that is told whose vectors come must be of the same model.
 * @throws MillraceError `collection-mismatch`
 */
async function isThere(
  collections: Pick<BulkCollections, "shape" | "ensure">,
  { name, model }: { readonly name: string; readonly model: string | undefined },
): Promise<boolean> {
  const shape = await collections.shape(name);
  if (shape === undefined) return false;
  if (model !== undefined) await collections.ensure({ name, model, dimensions: shape.dimensions });
  return true;
}

/** Of the first item with a vector; `undefined` where there is none. */
async function firstDimensions(
  reader: Reader<unknown>,
  context: Parameters<typeof repeatsIn>[1],
): Promise<number | undefined> {
  for await (const { record } of numberedRecords(reader, { ...context, cursor: undefined })) {
    const embedding = fieldOf(record, "embedding");
    if (vectorText(embedding) !== undefined && Array.isArray(embedding) && embedding.length > 0) {
      return embedding.length;
    }
  }
  return undefined;
}

async function prepared(
  collections: BulkCollections,
  collection: string,
  items: readonly Item[],
): Promise<Prepared> {
  const ids = items.flatMap((item) => ("embedding" in item ? [item.id] : []));
  const [known, shape] = await Promise.all([
    collections.knownItems(collection, ids),
    collections.shape(collection),
  ]);
  return { known, dimensions: shape?.dimensions ?? 0 };
}

function insertItem(record: unknown, defaultId: string): InsertItem {
  const { id = defaultId, fields, metadata } = recordParts(record);
  const { text } = fields;
  const embedding = vectorText(fields["embedding"]);
  if (embedding === undefined) throw malformed("its embedding is no list of numbers");
  if (text !== undefined && text !== null && typeof text !== "string") throw malformed("its text is no text");
  return {
    id,
    embedding,
    ...(typeof text === "string" && { text }),
    ...(metadata !== undefined && { metadata }),
  };
}

function collectionItem({ id, embedding, text, metadata }: InsertItem): CollectionItem {
  return { id, embedding: floatsOfBase64(embedding) ?? new Float32Array(), text, metadata };
}

function bytesOf(item: Item): number {
  if (!("embedding" in item)) return 1;
  const metadata = item.metadata === undefined ? 0 : Buffer.byteLength(JSON.stringify(item.metadata));
  return item.embedding.length + Buffer.byteLength(item.text ?? "") + metadata;
}
