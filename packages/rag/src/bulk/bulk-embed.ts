/** Bulk embedding: items through a model into a collection, as a restartable batch with a row for each item. */
import { defineBatch, Filtered, type Pipeline } from "@millrace/core";
import { type EmbedResult, heldBackError, modelError } from "../models/embed-result.ts";
import type { ItemEmbedder } from "../models/item-embedder.ts";
import { itemProblem } from "../search/checked-items.ts";
import { bulkItems, type RepeatedItem, repeatsIn, sourceReader, UNCOUNTED } from "./bulk-items.ts";
import { BULK_STEPS, type BulkCollections, type BulkOptions, chunkPolicy } from "./bulk-options.ts";
import { type BulkOutput, tallyOf, writeItems } from "./bulk-output.ts";
import { type BulkEmbedParams, embedParams } from "./bulk-params.ts";
import { malformed, recordParts } from "./bulk-record.ts";
import { ready } from "./ready.ts";
import type { Repeats } from "./repeated-ids.ts";

/** What bulk embedding works with. */
export interface BulkEmbedTools extends BulkOptions<BulkEmbedParams> {
  /** From `Models.get`. */
  readonly model: ItemEmbedder;
  readonly collections: BulkCollections;
}

/** An item as a chunk carries it. */
interface EmbedItem {
  readonly id: string;
  readonly text: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

type Item = EmbedItem | RepeatedItem;

/** What a chunk's items share. */
interface Prepared {
  readonly results: ReadonlyMap<Item, EmbedResult>;
  readonly known: ReadonlySet<string>;
}

/** Name of the batch of a model. */
export function bulkEmbedName(model: string): string {
  return `bulk_embed/${model}`;
}

/** Queue of a model: workers can be bound to it, and pausing it stops nothing else. */
export function modelQueue(model: string): string {
  return `model:${model}`;
}

/**
 * The batch of one model; list it among a program's `jobs`. A run takes items `{id?, text, metadata?}`, embeds them, and
 * puts them into a collection under their ids. A bad text fails alone, with class and reason; an endpoint that is held back
 * puts chunks off without burning attempts; a cancel cuts the requests under way.
 */
export function bulkEmbed(tools: BulkEmbedTools): Pipeline<BulkEmbedParams> {
  const { model, collections, repeats = "check", priority } = tools;
  const readerOf = tools.reader ?? sourceReader;
  const isReady = ready(() => collections.prepare());
  const targetOf = (params: BulkEmbedParams): string => params.collection ?? model.collection;
  return defineBatch({
    name: bulkEmbedName(model.model),
    params: embedParams(tools.reader !== undefined),
    queue: modelQueue(model.model),
    rerun: true,
    ...(priority === undefined ? {} : { priority }),
  })
    .step(BULK_STEPS.check, async ({ input, ctx }): Promise<Repeats | null> => {
      await isReady();
      await collections.ensure({ name: targetOf(input), model: model.model, dimensions: model.dimensions });
      if (repeats === "trust") return null;
      return repeatsIn(readerOf(input), { ...ctx, steps: {}, ...UNCOUNTED });
    })
    .step(BULK_STEPS.items, {
      read: (ctx) =>
        bulkItems<EmbedItem>(
          {
            reader: readerOf(ctx.params),
            run: ctx.run.id,
            found: ctx.steps.check,
            itemOf: embedItem,
          },
          ctx,
        ),
      prepare: async (items: readonly Item[], { params, signal }): Promise<Prepared> => {
        const fresh = items.filter((item) => "text" in item);
        await isReady();
        const [results, known] = await Promise.all([
          model.embedEach(
            fresh.map(({ text }) => text),
            { signal },
          ),
          collections.knownItems(
            targetOf(params),
            fresh.map(({ id }) => id),
          ),
        ]);
        return { known, results: new Map(fresh.map((item, at) => [item, results[at] ?? unanswered(model)])) };
      },
      process: (item, { params, prepared }) => {
        if ("repeated" in item) return new Filtered("repeated-id");
        const output = outputOf(item, prepared.results.get(item), !prepared.known.has(item.id));
        const problem = itemProblem(output.item, { name: targetOf(params), dimensions: model.dimensions });
        if (problem !== undefined) throw problem;
        return output;
      },
      write: (outputs, { params, transaction }) =>
        writeItems(collections, targetOf(params), { outputs, transaction }),
      tally: tallyOf,
      weight: (item) => ("text" in item ? bytesOf(item) : 1),
      ...chunkPolicy(tools, { chunkSize: model.inputsPerRequest, concurrency: model.concurrency }),
    });
}

function embedItem(record: unknown, defaultId: string): EmbedItem {
  const { id = defaultId, fields, metadata } = recordParts(record);
  const { text } = fields;
  if (typeof text !== "string") throw malformed("it has no text");
  if (text.trim() === "") throw malformed("its text is empty");
  return { id, text, ...(metadata === undefined ? {} : { metadata }) };
}

function outputOf(
  { id, text, metadata }: EmbedItem,
  result: EmbedResult | undefined,
  isNew: boolean,
): BulkOutput {
  switch (result?.kind) {
    case "vector":
      return { item: { id, embedding: result.vector, text, metadata }, isNew };
    case "held":
      throw heldBackError(result);
    case "failed":
      throw result.error;
    case undefined:
      throw new TypeError(`item ${id} was not prepared`);
  }
}

/** Of an embedder that gives fewer results than texts. */
function unanswered({ model }: ItemEmbedder): EmbedResult {
  const message = `model ${model} gave no result for a text`;
  return { kind: "failed", error: modelError("processing", "embedding-count", { message }) };
}

function bytesOf({ text, metadata }: EmbedItem): number {
  return Buffer.byteLength(text) + (metadata === undefined ? 0 : Buffer.byteLength(JSON.stringify(metadata)));
}
