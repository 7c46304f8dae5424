/** Documents to a searchable collection, as a restartable batch: discover, extract, split, embed, index. */
import {
  type ChunkOptions,
  type ChunkResult,
  defineBatch,
  mapInOrder,
  type NoSteps,
  type Pipeline,
  type With,
} from "@millrace/core";
import type { Collections, DocumentVersion, IndexedDocument } from "../ports/collections.ts";
import type { Extractor } from "../ports/extractor.ts";
import { discover } from "../stages/discover/discover.ts";
import { type CleanedUp, cleanUp, sourcesLost } from "./clean-up.ts";
import { cleanupMode } from "./cleanup-mode.ts";
import { INGEST_PARAMS, type IngestParams } from "./ingest-params.ts";
import { type FileTools, type FoundFile, processFile } from "./process-file.ts";

/** What the stages are; each can be replaced by another value of its port. */
export interface IngestTools extends FileTools {
  readonly collections: Collections;
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

/** What an ingest's steps give; the second one takes away what the run has left without a reason to stay. */
type IngestSteps = With<With<NoSteps, typeof INGEST_STEP, ChunkResult>, "clean-up", CleanedUp>;

/**
 * The batch over these tools. A finished collection may be ingested again: what has not changed is passed over. The
 * clean-up mode is no part of a run's identity: an interrupted one goes on in the mode it began with.
 */
export function ingestBatch(tools: IngestTools): Pipeline<IngestParams, IngestSteps> {
  return defineBatch({
    name: INGEST,
    params: INGEST_PARAMS,
    identity: ["collection", "roots"],
    queue: "ingest",
    rerun: true,
  })
    .step(INGEST_STEP, documentStep(tools))
    .step("clean-up", ({ input, ctx }) => cleanUp(tools, input, ctx.ledger(INGEST_STEP)), {
      maxRescues: MAX_RESCUES,
    });
}

type Versions = ReadonlyMap<string, DocumentVersion>;

function documentStep(tools: IngestTools): ChunkOptions<IngestParams, FoundFile, Versions, IndexedDocument> {
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
    process: (file, { params, prepared, signal }) =>
      processFile(file, { tools, collection: params.collection, known: prepared.get(file.path), signal }),
    outputWeight: (document) => document.passages.length,
    tally: ({ pages, passages, cached = 0 }) => ({
      pages: pages.length,
      passages: passages.length,
      ...(cached > 0 ? { cached } : {}),
    }),
    write: (documents, { params, transaction }) =>
      collections.replace(params.collection, documents, transaction),
    failed: async (failures, { params, transaction }) => {
      const sources = sourcesLost(failures, cleanupMode(params.cleanup));
      if (sources.length > 0) await collections.forget(params.collection, sources, transaction);
    },
  };
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
  const kinds = tools.extractor.documentTypes;
  const found = discover(at.roots, { after: at.cursor, signal: at.signal, kinds });
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

/** Pages a progress bar may expect: counted by the type where it can, else one. */
async function expectedPages(
  extractor: Extractor,
  file: {
    readonly path: string;
    readonly bytes: number;
    readonly format: string | undefined;
  },
  signal: AbortSignal,
): Promise<number> {
  const { path, bytes, format } = file;
  if (format === undefined) return 1;
  return (await extractor.countPages({ path, bytes, format }, { signal })) ?? 1;
}
