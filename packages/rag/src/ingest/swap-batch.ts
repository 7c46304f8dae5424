/** A collection with another model's vectors in the place of the one there is, as a restartable batch. */
import {
  type ChunkOptions,
  type ChunkResult,
  defineBatch,
  type NoSteps,
  type Pipeline,
  type TaskContext,
  type Transaction,
  type With,
} from "@millrace/core";
import type { Collections, IndexedDocument } from "../ports/collections.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { CollectionItem } from "../ports/items.ts";
import { byBytes } from "../search/fuse.ts";
import { noSwap, otherModel } from "../search/other-shape.ts";
import { type NewVersion, reembeddedDocument, reembeddedItems } from "./reembedded.ts";

/** What a swap works with. */
export interface SwapTools {
  /** Of the model that the collection is to have. */
  readonly embedder: Embedder;
  readonly collections: Collections;
}

/** Parameters of a run. */
export interface SwapParams {
  readonly collection: string;
}

/** What the names of swaps begin with, each of them for one model; and the step that has the vectors. */
export const SWAP = "rag.swap";
export const SWAP_STEP = "vectors";

const PAGE = 500;
const ITEMS_TOGETHER = 64;
const CHUNK = 16;
const CONCURRENCY = 4;
const COMMIT_VECTORS = 512;
const MAX_RESCUES = 100;

/** A document, or items between two ids; ids only, for a chunk's payload holds no texts. */
type Behind =
  | { readonly kind: "document"; readonly source: string }
  | { readonly kind: "items"; readonly after: string | null; readonly until: string };

/** What has new vectors, and the name of the version it is for. */
type Renewed = { readonly into: string } & (
  | { readonly kind: "document"; readonly document: IndexedDocument }
  | { readonly kind: "items"; readonly items: readonly CollectionItem[] }
);

/**
 * The batch over these tools. It fills the new version with everything the old one has, embedded anew from the texts that
 * are kept: nothing is parsed again. When all of it is in, also what was written meanwhile, the new version takes the
 * old one's name in one step. A run that fails, is cancelled or leaves items failed changes nothing that searches see;
 * run again, it goes on with what is missing. Its result says `switched`: 1 or 0.
 */
export function swapBatch(tools: SwapTools): Pipeline<SwapParams, SwapSteps> {
  return defineBatch<SwapParams>({ name: `${SWAP}/${tools.embedder.model}`, queue: "ingest", rerun: true })
    .step(SWAP_STEP, vectorStep(tools))
    .step("switch", ({ input, ctx }) => switchOver(tools, input, ctx));
}

/** What a swap's steps give. */
type SwapSteps = With<With<NoSteps, typeof SWAP_STEP, ChunkResult>, "switch", Switched>;

/** Whether the new version has the name: 1 or 0. */
interface Switched {
  readonly switched: number;
}

function vectorStep(tools: SwapTools): ChunkOptions<SwapParams, Behind, undefined, Renewed> {
  return {
    read: ({ params, cursor }) => readBehind(tools, params.collection, cursor),
    cursor: keyOf,
    key: keyOf,
    chunkSize: CHUNK,
    concurrency: CONCURRENCY,
    itemsAtOnce: 2,
    commit: { items: CHUNK, weight: COMMIT_VECTORS },
    maxRescues: MAX_RESCUES,
    process: async (behind, { params, signal }) => {
      const version = { ...(await newVersion(tools, params.collection)), signal };
      return renew(tools, behind, { name: params.collection, version });
    },
    outputWeight: weightOf,
    tally: (renewed) => ({
      vectors: weightOf(renewed),
      ...(renewed.kind === "document" && (renewed.document.cached ?? 0) > 0
        ? { cached: renewed.document.cached ?? 0 }
        : {}),
    }),
    write: (renewed, { transaction }) => write(tools, renewed, transaction),
  };
}

/** A document's or a range's place in the order they are read. */
function keyOf(behind: Behind): string {
  return behind.kind === "document" ? `document ${behind.source}` : `items ${behind.until}`;
}

async function* readBehind(
  tools: SwapTools,
  name: string,
  cursor: string | undefined,
): AsyncGenerator<Behind> {
  const { model, dimensions } = tools.embedder;
  await tools.collections.swaps.beginSwap({ name, model, dimensions });
  const [, kind, at] = /^(document|items) (.*)$/s.exec(cursor ?? "") ?? [];
  if (kind !== "items") yield* documentsBehind(tools, name, at);
  yield* itemsBehind(tools, name, kind === "items" ? at : undefined);
}

async function* documentsBehind(
  { collections: { swaps } }: SwapTools,
  name: string,
  from: string | undefined,
): AsyncGenerator<Behind> {
  let after = from;
  for (;;) {
    const page = await swaps.documentsBehind(name, { after, limit: PAGE });
    for (const source of page) yield { kind: "document", source };
    if (page.length < PAGE) return;
    after = page.at(-1);
  }
}

async function* itemsBehind(
  { collections: { swaps } }: SwapTools,
  name: string,
  from: string | undefined,
): AsyncGenerator<Behind> {
  let after = from;
  for (;;) {
    const page = await swaps.itemsBehind(name, { after, limit: ITEMS_TOGETHER });
    const until = page.at(-1)?.id;
    if (until === undefined) return;
    yield { kind: "items", after: after ?? null, until };
    after = until;
  }
}

/** The version begun. @throws MillraceError `not-found`, `collection-mismatch` where another model's was begun since. */
async function newVersion(
  { collections, embedder }: SwapTools,
  name: string,
): Promise<Omit<NewVersion, "signal">> {
  const [old, now] = await Promise.all([collections.shape(name), collections.swaps.swapOf(name)]);
  if (old === undefined || now === undefined) throw noSwap(name);
  if (now.model !== embedder.model) throw otherModel(now, embedder.model);
  return { name: now.name, oldModel: old.model, embedder };
}

async function renew(
  { collections: { swaps } }: SwapTools,
  behind: Behind,
  { name, version }: { readonly name: string; readonly version: NewVersion },
): Promise<Renewed> {
  const into = version.name;
  if (behind.kind === "document") {
    const document = await swaps.storedDocument(name, behind.source);
    // Removed since it was read: an empty range of items stands for nothing to write.
    if (document === undefined) return { into, kind: "items", items: [] };
    return { into, kind: "document", document: await reembeddedDocument(document, version) };
  }
  const page = await swaps.itemsBehind(name, { after: behind.after ?? undefined, limit: ITEMS_TOGETHER });
  const items = page.filter(({ id }) => byBytes(id, behind.until) <= 0);
  return { into, kind: "items", items: await reembeddedItems(items, version) };
}

function weightOf(renewed: Renewed): number {
  return renewed.kind === "document" ? renewed.document.passages.length : renewed.items.length;
}

/** Asks nothing outside the transaction: an embedded database would wait for itself. */
async function write(
  { collections }: SwapTools,
  renewed: readonly Renewed[],
  transaction: Transaction | undefined,
): Promise<void> {
  for (const name of new Set(renewed.map(({ into }) => into))) {
    const some = renewed.filter(({ into }) => into === name);
    const documents = some.flatMap((each) => (each.kind === "document" ? [each.document] : []));
    const items = some.flatMap((each) => (each.kind === "items" ? each.items : []));
    if (documents.length > 0) await collections.replace(name, documents, transaction);
    if (items.length > 0) await collections.upsertItems(name, items, transaction);
  }
}

/** Catches up with what was written meanwhile and switches; may run again after a crash at any point. */
async function switchOver(
  tools: SwapTools,
  params: SwapParams,
  { ledger, signal }: Pick<TaskContext<SwapParams>, "ledger" | "signal">,
): Promise<Switched> {
  const { collections, embedder } = tools;
  const name = params.collection;
  for await (const _ of ledger(SWAP_STEP).failures()) return { switched: 0 };
  if ((await collections.shape(name))?.model === embedder.model) return { switched: 1 };
  while ((await collections.swaps.finishSwap(name)) === "behind") {
    signal.throwIfAborted();
    const version = { ...(await newVersion(tools, name)), signal };
    for await (const behind of readBehind(tools, name, undefined)) {
      const renewed = [await renew(tools, behind, { name, version })];
      await write(tools, renewed, undefined);
    }
  }
  return { switched: 1 };
}
