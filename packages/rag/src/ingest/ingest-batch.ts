/** Documents to a searchable collection, as a restartable batch: discover, extract, split, embed, index. */
import {
  type ChunkOptions,
  type ChunkResult,
  classOf,
  defineBatch,
  Filtered,
  mapInOrder,
  type NoSteps,
  type Pipeline,
  type With,
} from "@millrace/core";
import type { Collections, DocumentVersion, IndexedDocument } from "../ports/collections.ts";
import type { Embedder } from "../ports/embedder.ts";
import { type DocumentFile, documentFailure, type Extractor } from "../ports/extractor.ts";
import type { Splitter } from "../ports/splitter.ts";
import { discover } from "../stages/discover/discover.ts";
import { validateFile } from "../stages/validate/validate-file.ts";
import { indexDocument } from "./indexed-document.ts";
import { removeVanished } from "./vanished.ts";

/** What the stages are; each can be replaced by another value of its port. */
export interface IngestTools {
  readonly extractor: Extractor;
  readonly splitter: Splitter;
  readonly embedder: Embedder;
  readonly collections: Collections;
  /** Called as pages are read, for a display livelier than the ledger. */
  readonly onPages?: ((delta: number) => void) | undefined;
}

/** Parameters of a run. */
export interface IngestParams {
  readonly collection: string;
  /** From `canonicalRoots`. */
  readonly roots: readonly string[];
}

/** A found file, as a chunk carries it. */
interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly format: DocumentFile["format"] | null;
  /** In the system's words, where it could not even be looked at. */
  readonly unreadable: string | null;
}

/** Name of the ingest batch and of the step that has the documents. */
export const INGEST = "rag.ingest";
export const INGEST_STEP = "documents";

const CHUNK_FILES = 64;
const CHUNK_BYTES = 4_000_000;
const CONCURRENCY = 4;
const DOCUMENTS_AT_ONCE = 2;
const COUNTS_AT_ONCE = 4;
/** Documents commit together up to this many passages. */
const COMMIT_PASSAGES = 512;
const COMMIT_DOCUMENTS = 32;
/**
 * What parsers do to a process happens in children, so a worker that dies is hardly evidence against the chunk it
 * held; a chunk is given up only after this many deaths while it ran alone.
 */
const MAX_RESCUES = 100;

/** What an ingest's steps give; the second one takes out of the collection what is no longer there. */
type IngestSteps = With<
  With<NoSteps, typeof INGEST_STEP, ChunkResult>,
  "vanished",
  { readonly removed: number }
>;

/** The batch over these tools. A finished collection may be ingested again: what has not changed is passed over. */
export function ingestBatch(tools: IngestTools): Pipeline<IngestParams, IngestSteps> {
  const pipeline = [tools.extractor.version, tools.splitter.version, tools.embedder.model].join(" ");
  return defineBatch<IngestParams>({ name: INGEST, queue: "ingest", rerun: true })
    .step(INGEST_STEP, documentStep(tools, pipeline))
    .step(
      "vanished",
      async ({ input, ctx }) => ({
        removed: await removeVanished(tools.collections, input, ctx.ledger(INGEST_STEP)),
      }),
      { maxRescues: MAX_RESCUES },
    );
}

type Versions = ReadonlyMap<string, DocumentVersion>;

function documentStep(
  tools: IngestTools,
  pipeline: string,
): ChunkOptions<IngestParams, FoundFile, Versions, IndexedDocument> {
  const { collections } = tools;
  return {
    read: ({ params, cursor, signal, count }) =>
      readFiles(tools, { roots: params.roots, cursor, signal, count }),
    cursor: (file) => file.path,
    key: (file) => file.path,
    weight: (file) => file.bytes,
    chunkSize: CHUNK_FILES,
    chunkWeight: CHUNK_BYTES,
    concurrency: CONCURRENCY,
    itemsAtOnce: DOCUMENTS_AT_ONCE,
    commit: { items: COMMIT_DOCUMENTS, weight: COMMIT_PASSAGES },
    retry: { deadOn: ["crashed", "timeout"] },
    maxRescues: MAX_RESCUES,
    prepare: (files, { params }) =>
      collections.versions(
        params.collection,
        files.map((file) => file.path),
      ),
    process: async (file, { params, prepared, signal }) => {
      const document = await validated(file, signal);
      const known = prepared.get(file.path);
      if (known !== undefined && known.hash === document.contentHash && known.pipeline === pipeline) {
        return new Filtered("unchanged", { unchangedPages: known.pages });
      }
      const extracted = await tools.extractor.extract(document, { signal, onPages: tools.onPages });
      const { collection } = params;
      const read = {
        collection,
        source: file.path,
        hash: document.contentHash,
        pipeline,
        bytes: file.bytes,
        extracted,
      };
      return indexDocument(read, { ...tools, signal });
    },
    outputWeight: (document) => document.passages.length,
    tally: ({ pages, passages, cached = 0 }) => ({
      pages: pages.length,
      passages: passages.length,
      ...(cached > 0 ? { cached } : {}),
    }),
    write: (documents, { params, transaction }) =>
      collections.replace(params.collection, documents, transaction),
    failed: async (failures, { params, transaction }) => {
      const sources = failures.filter(({ error }) => isAboutContent(error)).map(({ item }) => item.path);
      if (sources.length > 0) await collections.forget(params.collection, sources, transaction);
    },
  };
}

/** Whether the file as it is now cannot be read, so that what it once held must go; not so when we could not look. */
function isAboutContent(error: unknown): boolean {
  const errorClass = classOf(error);
  return errorClass === "validation" || errorClass === "crashed";
}

async function validated(file: FoundFile, signal: AbortSignal): ReturnType<typeof validateFile> {
  const { path, unreadable } = file;
  if (unreadable !== null) throw documentFailure({ path, reason: "unreadable", why: unreadable });
  return validateFile(path, { signal });
}

async function* readFiles(
  tools: IngestTools,
  at: {
    readonly roots: readonly string[];
    readonly cursor: string | undefined;
    readonly signal: AbortSignal;
    count(name: string, amount: number): void;
  },
): AsyncGenerator<FoundFile> {
  const found = discover(at.roots, { after: at.cursor, signal: at.signal });
  const counted = mapInOrder(found, COUNTS_AT_ONCE, async (item) => ({
    item,
    pages: item.kind === "file" ? await expectedPages(tools.extractor, item, at.signal) : 0,
  }));
  for await (const { item, pages } of counted) {
    switch (item.kind) {
      case "ignored":
        at.count("ignored", 1);
        break;
      case "unreadable":
        yield { path: item.path, bytes: 0, format: null, unreadable: item.why };
        break;
      case "file": {
        const { path, bytes, format } = item;
        at.count("expectedPages", pages);
        yield { path, bytes, format: format ?? null, unreadable: null };
      }
    }
  }
}

/** Pages a progress bar may expect: counted by the parser for a PDF, one for a text file. */
async function expectedPages(
  extractor: Extractor,
  file: {
    readonly path: string;
    readonly bytes: number;
    readonly format: DocumentFile["format"] | undefined;
  },
  signal: AbortSignal,
): Promise<number> {
  if (file.format !== "pdf") return 1;
  return (await extractor.countPages({ path: file.path, bytes: file.bytes, format: "pdf" }, { signal })) ?? 1;
}
