/** One file of an ingest: passed over where nothing has changed, else read or taken from kept text, split, embedded. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { currentJob, Filtered } from "@millrace/core";
import type { DocumentVersion, IndexedDocument } from "../ports/collections.ts";
import { kindOf } from "../ports/document-type.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Extractions } from "../ports/extractions.ts";
import { documentFailure, type ExtractedDocument, type Extractor } from "../ports/extractor.ts";
import type { Splitter } from "../ports/splitter.ts";
import { type ValidatedFile, validateFile } from "../stages/validate/validate-file.ts";
import { indexDocument } from "./indexed-document.ts";

/** A found file, as a chunk carries it. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly format: string | null;
  /** In the system's words, where it could not even be looked at. */
  readonly unreadable: string | null;
}

/** The stages a file goes through. */
export interface FileTools {
  readonly extractor: Extractor;
  readonly splitter: Splitter;
  readonly embedder: Embedder;
  /** Keeps extracted text; left out, every document that has changed in any way is parsed. */
  readonly extractions?: Extractions | undefined;
  /** Called as pages are read, for a display livelier than the ledger. */
  readonly onPages?: ((delta: number) => void) | undefined;
}

interface FileContext {
  readonly tools: FileTools;
  readonly collection: string;
  /** What the collection has of it. */
  readonly known: DocumentVersion | undefined;
  readonly signal: AbortSignal;
}

/** The document as it is kept, or that it is unchanged. @throws DocumentError, and what the stages throw. */
export async function processFile(
  file: FoundFile,
  context: FileContext,
): Promise<IndexedDocument | Filtered> {
  const { tools, known, signal, collection } = context;
  const startedAt = performance.now();
  const seen = await lookedAt(file.path);
  const document = await validated(file, { tools, signal });
  const validateMs = performance.now() - startedAt;
  if (isUnchanged(known, document, tools)) {
    return new Filtered("unchanged", { unchangedPages: known?.pages ?? 0 });
  }
  const { extracted, isReused } = await textOf(document, { tools, signal, seen });
  const read = {
    collection,
    source: file.path,
    hash: document.contentHash,
    pipeline: pipelineOf(document.format, tools),
    bytes: file.bytes,
    extracted,
    validateMs,
    lineage: { run: currentJob()?.run ?? null, extractor: versionOf(document.format, tools), isReused },
  };
  return indexDocument(read, { ...tools, signal });
}

/** Everything that could change a document's passages, in one text. */
export function pipelineOf(
  format: string,
  tools: Pick<FileTools, "extractor" | "splitter" | "embedder">,
): string {
  return [versionOf(format, tools), tools.splitter.version, tools.embedder.model].join(" ");
}

/** Whether a collection has a file as it is, made as it would be made now. */
function isUnchanged(
  known: Pick<DocumentVersion, "hash" | "pipeline"> | undefined,
  file: ValidatedFile,
  tools: Pick<FileTools, "extractor" | "splitter" | "embedder">,
): boolean {
  return known?.hash === file.contentHash && known.pipeline === pipelineOf(file.format, tools);
}

/** The file's format, size and hash. @throws DocumentError */
export async function validated(
  file: Pick<FoundFile, "path" | "unreadable">,
  { tools, signal }: { readonly tools: Pick<FileTools, "extractor">; readonly signal: AbortSignal },
): Promise<ValidatedFile> {
  const { path, unreadable } = file;
  if (unreadable !== null) throw documentFailure({ path, reason: "unreadable", why: unreadable });
  return validateFile(path, { signal, kinds: tools.extractor.documentTypes });
}

function versionOf(format: string, { extractor }: Pick<FileTools, "extractor">): string {
  return kindOf(extractor.documentTypes, format)?.version ?? "unknown";
}

interface TextOf {
  readonly extracted: ExtractedDocument;
  readonly isReused: boolean;
}

/** The text that was kept, else the text read now, which is kept before anything else is done with it. */
async function textOf(
  document: ValidatedFile,
  at: {
    readonly tools: FileTools;
    readonly signal: AbortSignal;
    readonly seen: BigIntStats | undefined;
  },
): Promise<TextOf> {
  const { extractor, extractions, onPages } = at.tools;
  const { format, contentHash: hash } = document;
  const isKept = kindOf(extractor.documentTypes, format)?.isKept !== false;
  const key = { hash, format, version: versionOf(format, at.tools) };
  const kept = isKept ? await extractions?.find(key) : undefined;
  if (kept !== undefined) {
    onPages?.(kept.pages.length);
    return { extracted: kept, isReused: true };
  }
  const extracted = await extractor.extract(document, { signal: at.signal, onPages });
  // A file written to meanwhile may have another text than its hash promises: nobody else must get it.
  if (isKept && extractions !== undefined && isSame(at.seen, await lookedAt(document.path))) {
    await extractions.save(key, extracted);
  }
  return { extracted, isReused: false };
}

/** `undefined` where it may not be looked at; reading it says why. */
function lookedAt(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

function isSame(before: BigIntStats | undefined, after: BigIntStats | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return before.ino === after.ino && before.size === after.size && before.mtimeNs === after.mtimeNs;
}
