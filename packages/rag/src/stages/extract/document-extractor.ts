/** The extractor of millrace: PDFs in a pool of child processes, text files in this one. */
import { availableParallelism } from "node:os";
import { MillraceError } from "@millrace/core";
import {
  type DocumentFile,
  documentFailure,
  type ExtractedDocument,
  type ExtractOptions,
  type Extractor,
} from "../../ports/extractor.ts";
import { childEntryPath } from "./child-entry-path.ts";
import { ExtractionPool } from "./extraction-pool.ts";
import { type DocumentLimits, PdfReading } from "./pdf-reading.ts";
import { readTextFile } from "./text-file.ts";
import { hasText } from "./text-presence.ts";
import { WindowError } from "./window-error.ts";

/** What one document and one child may use. */
export interface ExtractionLimits extends DocumentLimits {
  /** Resident bytes a child may reach before it is killed. */
  readonly rssBytes: number;
  /** Bytes of a plain text or Markdown file, which are read in this process. */
  readonly textBytes: number;
}

/** How documents are read. */
export interface ExtractorOptions {
  /** Child processes; by default the machine's cores, at most 2. */
  readonly processes?: number | undefined;
  /** Whether the children start now, to be ready when the first document comes, instead of with it. Default false. */
  readonly eager?: boolean | undefined;
  /** Pages read at once by one child: more is a little faster and takes more memory. */
  readonly windowPages?: number | undefined;
  /** Engine names, the preferred one first. */
  readonly engines?: readonly string[] | undefined;
  readonly limits?: Partial<ExtractionLimits> | undefined;
  /** Path of the program the children run; for tests. */
  readonly entry?: string | undefined;
}

/** The limits that hold where none are given: 700 MB, 10 minutes, 2 minutes a window, 5,000 pages, 64 MiB of text. */
export const DEFAULT_EXTRACTION_LIMITS: ExtractionLimits = Object.freeze({
  rssBytes: 700_000_000,
  documentMs: 600_000,
  windowMs: 120_000,
  pages: 5_000,
  textBytes: 67_108_864,
});

/** The engines and the exact releases their text comes from; part of every document's pipeline version. */
export const ENGINE_VERSIONS: Readonly<Record<string, string>> = Object.freeze({
  liteparse: "2.14.7",
  pdfium: "2.1.13",
  unpdf: "1.7.0",
});

const DEFAULT_WINDOW_PAGES = 256;
/** Raised whenever our own handling of text changes. */
const EXTRACTION_VERSION = 2;
const RECYCLE_AT = 0.65;
const COUNT_TIMEOUT_MS = 10_000;

/** An extractor over liteparse, PDFium and PDF.js. Its children live until `stop()`. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  const settings = resolveSettings(options);
  const pool = new ExtractionPool({
    entry: options.entry ?? childEntryPath(),
    size: settings.processes,
    maxRssBytes: settings.limits.rssBytes,
    recycleRssBytes: settings.limits.rssBytes * RECYCLE_AT,
  });
  if (options.eager === true) pool.start();
  return {
    version: settings.version,
    extract: (file, how) =>
      file.format === "pdf"
        ? extractPdf(file, { ...how, ...settings, pool })
        : extractText(file, { ...how, ...settings }),
    countPages: (file, { signal }) => countPages(file, { signal, engine: settings.engines[0], pool }),
    stop: () => pool.stop(),
  };
}

interface Settings {
  readonly processes: number;
  readonly windowPages: number;
  readonly engines: readonly string[];
  readonly limits: ExtractionLimits;
  readonly version: string;
}

function resolveSettings(options: ExtractorOptions): Settings {
  const engines = options.engines ?? Object.keys(ENGINE_VERSIONS);
  const windowPages = positiveInteger("windowPages", options.windowPages ?? DEFAULT_WINDOW_PAGES);
  const releases = engines.map((engine) => `${engine}@${ENGINE_VERSIONS[engine] ?? "unknown"}`);
  return {
    processes: positiveInteger("processes", options.processes ?? Math.min(2, availableParallelism())),
    windowPages,
    engines,
    limits: { ...DEFAULT_EXTRACTION_LIMITS, ...options.limits },
    version: `extract/${EXTRACTION_VERSION} window=${windowPages} ${releases.join(" ")}`,
  };
}

function positiveInteger(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new MillraceError("bad-config", `extraction ${name} must be a whole number above 0, not ${value}`);
}

async function extractPdf(
  file: DocumentFile,
  context: Settings & ExtractOptions & { readonly pool: ExtractionPool },
): Promise<ExtractedDocument> {
  const startedAt = performance.now();
  const read = await new PdfReading(file, context).run();
  if (!hasText(read.pages)) {
    const why = `${read.pages.length} page(s) without text: they are pictures, read them with OCR first`;
    throw documentFailure({ path: file.path, reason: "needs-ocr", why });
  }
  return { ...read, format: "pdf", ms: performance.now() - startedAt };
}

async function extractText(
  file: DocumentFile,
  context: Settings & ExtractOptions,
): Promise<ExtractedDocument> {
  const startedAt = performance.now();
  const text = await readTextFile(file, { signal: context.signal, maxBytes: context.limits.textBytes });
  context.onPages?.(1);
  const ms = performance.now() - startedAt;
  return { pages: [{ number: 1, text }], engine: file.format, fallbacks: [], format: file.format, ms };
}

async function countPages(
  file: DocumentFile,
  context: {
    readonly signal: AbortSignal;
    readonly engine: string | undefined;
    readonly pool: ExtractionPool;
  },
): Promise<number | undefined> {
  if (file.format !== "pdf") return 1;
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
