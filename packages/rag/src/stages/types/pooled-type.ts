/** Types of documents whose parsers may do anything to a process: read in the pool's children. */
import type { DocumentKind, DocumentOptions, DocumentType } from "../../ports/document-type.ts";
import { type DocumentFile, documentFailure, type ExtractedDocument } from "../../ports/extractor.ts";
import type { TextFormat } from "../../ports/splitter.ts";
import type { ExtractionPool } from "../extract/extraction-pool.ts";
import { type DocumentLimits, PooledReading } from "../extract/pooled-reading.ts";
import { hasText } from "../extract/text-presence.ts";
import { WindowError } from "../extract/window-error.ts";
import { releaseOf } from "./engine-versions.ts";

/** How documents of a type are read in the pool. */
export interface PooledHow {
  readonly pool: ExtractionPool;
  readonly version: string;
  /** Engine names, the preferred one first. */
  readonly engines: readonly string[];
  readonly markup: TextFormat;
  /** Pages read at once by one child. */
  readonly windowPages: number;
  readonly limits: DocumentLimits;
  /** Larger files are `too-large`. Left out: whatever passed validation. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds for each MiB begun, where that is less than one request may take anyway. */
  readonly msPerMebibyte?: number | undefined;
}

/** The type. */
export function pooledType(kind: DocumentKind, how: PooledHow): DocumentType {
  return {
    ...kind,
    version: how.version,
    extract: (file, options) => extract(file, options, { kind, how }),
  };
}

const COUNT_TIMEOUT_MS = 10_000;
const MEBIBYTE = 1_048_576;

/** A type whose documents have pages, which its preferred engine can count. */
export function pagedType(kind: DocumentKind, how: PooledHow): DocumentType {
  return {
    ...pooledType(kind, how),
    countPages: (file, { signal }) => countPages(file, { signal, engine: how.engines[0], pool: how.pool }),
  };
}

async function extract(
  file: DocumentFile,
  { signal, onPages }: DocumentOptions,
  { kind, how }: { readonly kind: DocumentKind; readonly how: PooledHow },
): Promise<ExtractedDocument> {
  const { maxBytes = Number.POSITIVE_INFINITY } = how;
  if (file.bytes > maxBytes) {
    const why = `${file.bytes} bytes of ${kind.format}, the limit is ${maxBytes}`;
    throw documentFailure({ path: file.path, reason: "too-large", why });
  }
  const startedAt = performance.now();
  const limits = { ...how.limits, windowMs: windowMsOf(file, how) };
  const read = await new PooledReading(file, { ...how, limits, signal, onPages }).run();
  if (!hasText(read.pages)) {
    const why = noText(read.pages.length);
    throw documentFailure({ path: file.path, reason: "needs-ocr", why });
  }
  const { format } = kind;
  const ms = performance.now() - startedAt;
  return { ...read, engineVersion: releaseOf(read.engine), format, markup: how.markup, ms };
}

/** In line with the file: what takes far longer than others of its size was made to. */
function windowMsOf({ bytes }: DocumentFile, { limits, msPerMebibyte }: PooledHow): number {
  if (msPerMebibyte === undefined) return limits.windowMs;
  return Math.min(limits.windowMs, Math.ceil(bytes / MEBIBYTE) * msPerMebibyte);
}

function noText(pages: number): string {
  return pages === 1
    ? "its page has no text: if it is a picture, run OCR over it first"
    : `its ${pages} pages have no text: if they are pictures, run OCR over them first`;
}

async function countPages(
  file: DocumentFile,
  context: {
    readonly signal: AbortSignal;
    readonly engine: string | undefined;
    readonly pool: ExtractionPool;
  },
): Promise<number | undefined> {
  if (context.engine === undefined) return undefined;
  try {
    const { totalPages } = await context.pool.run({
      request: { kind: "count", engine: context.engine, path: file.path },
      signal: context.signal,
      urgency: () => Number.POSITIVE_INFINITY,
      timeoutMs: () => COUNT_TIMEOUT_MS,
    });
    return totalPages;
  } catch (error) {
    if (error instanceof WindowError) return undefined;
    throw error;
  }
}
