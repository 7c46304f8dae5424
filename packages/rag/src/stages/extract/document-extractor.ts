/** The extractor of millrace: the built-in types over a pool of child processes, and those a program adds. */
import { availableParallelism } from "node:os";
import {
  MillraceError,
  type OnError,
  type OwnedFolders,
  ownFolders,
  type StorageOptions,
} from "@millrace/core";
import { type DocumentType, kindOf } from "../../ports/document-type.ts";
import type { DocumentFile, ExtractedDocument, ExtractOptions, Extractor } from "../../ports/extractor.ts";
import { DOCX, HTML, MARKDOWN, PDF, TEXT } from "../types/built-in-kinds.ts";
import { checkedTypes } from "../types/checked-types.ts";
import { engineRelease, PDF_ENGINES } from "../types/engine-versions.ts";
import { plainType } from "../types/plain-type.ts";
import { pagedType, pooledType } from "../types/pooled-type.ts";
import { childEntryPath } from "./child-entry-path.ts";
import { ExtractionPool } from "./extraction-pool.ts";
import type { DocumentLimits } from "./pooled-reading.ts";

/** What one document and one child may use. */
export interface ExtractionLimits extends DocumentLimits {
  /** Resident bytes a child may reach before it is killed. */
  readonly rssBytes: number;
  /** Bytes of a plain text or Markdown file, which are read in this process. */
  readonly textBytes: number;
  /** Bytes of an HTML file, whose tree takes up to fifty times as many. */
  readonly htmlBytes: number;
  /** Milliseconds an HTML file may take for each MiB begun: what takes longer was made to. At most `windowMs`. */
  readonly htmlMsPerMebibyte: number;
}

/** How documents are read. */
export interface ExtractorOptions {
  /** Child processes; by default the machine's cores, at most 2. */
  readonly processes?: number | undefined;
  /** Whether the children start now, to be ready when the first document comes, instead of with it. Default false. */
  readonly eager?: boolean | undefined;
  /** Pages read at once by one child: more is a little faster and takes more memory. */
  readonly windowPages?: number | undefined;
  /** Engine names for PDFs, the preferred one first. */
  readonly engines?: readonly string[] | undefined;
  /** Types beside the built-in ones; one for an extension or format of theirs takes its place. */
  readonly documentTypes?: readonly DocumentType[] | undefined;
  readonly limits?: Partial<ExtractionLimits> | undefined;
  /** Where parsers and types may put files while a document is read; as of workers where left out. */
  readonly storage?: StorageOptions | undefined;
  /** Told of such folders that cannot be removed, for which no document fails; a warning of the process where left out. */
  readonly onError?: OnError | undefined;
  /** Path of the program the children run; for tests. */
  readonly entry?: string | undefined;
}

/** The limits that hold where none are given: 700 MB, 10 min, 2 min a window, 5,000 pages, 64 MiB of text, 8 of HTML, 15 s a MiB of it. */
export const DEFAULT_EXTRACTION_LIMITS: ExtractionLimits = Object.freeze({
  rssBytes: 700_000_000,
  documentMs: 600_000,
  windowMs: 120_000,
  pages: 5_000,
  textBytes: 67_108_864,
  htmlBytes: 8_388_608,
  htmlMsPerMebibyte: 15_000,
});

const DEFAULT_WINDOW_PAGES = 256;
/** Raised whenever our own handling of a PDF's text changes. */
const EXTRACTION_VERSION = 3;
/** Raised whenever our own printing of HTML as Markdown changes. */
const MARKDOWN_VERSION = 2;
const RECYCLE_AT = 0.65;

/** An extractor of PDF, Markdown, text, HTML, DOCX and `documentTypes`. Its children live until `stop()`. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  const settings = resolveSettings(options);
  const folders = ownFolders(options.storage, { onError: options.onError ?? warn });
  const pool = new ExtractionPool({
    entry: options.entry ?? childEntryPath(),
    size: settings.processes,
    maxRssBytes: settings.limits.rssBytes,
    recycleRssBytes: settings.limits.rssBytes * RECYCLE_AT,
    folders,
  });
  const documentTypes = Object.freeze([
    ...builtInTypes(settings, pool),
    ...checkedTypes(options.documentTypes ?? []),
  ]);
  if (options.eager === true) pool.start();
  return {
    documentTypes,
    extract: (file, how) => extract(file, how, { documentTypes, folders }),
    countPages: async (file, how) => {
      const { countPages } = typeOf(documentTypes, file);
      return countPages === undefined ? 1 : countPages(file, how);
    },
    stop: async () => {
      await pool.stop();
      await folders.stop();
    },
  };
}

function warn(error: unknown, where: string): void {
  process.emitWarning(`millrace ${where}: ${error instanceof Error ? error.message : String(error)}`);
}

interface Settings {
  readonly processes: number;
  readonly windowPages: number;
  readonly engines: readonly string[];
  readonly limits: ExtractionLimits;
}

function resolveSettings(options: ExtractorOptions): Settings {
  return {
    processes: positiveInteger("processes", options.processes ?? Math.min(2, availableParallelism())),
    windowPages: positiveInteger("windowPages", options.windowPages ?? DEFAULT_WINDOW_PAGES),
    engines: options.engines ?? Object.keys(PDF_ENGINES),
    limits: { ...DEFAULT_EXTRACTION_LIMITS, ...options.limits },
  };
}

function positiveInteger(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  throw new MillraceError("bad-config", `extraction ${name} must be a whole number above 0, not ${value}`);
}

function builtInTypes(settings: Settings, pool: ExtractionPool): readonly DocumentType[] {
  const { windowPages, engines, limits } = settings;
  const releases = engines.map(engineRelease).join(" ");
  const pdf = `extract/${EXTRACTION_VERSION} window=${windowPages} ${releases}`;
  const markdown = `markdown/${MARKDOWN_VERSION} ${engineRelease("turndown")}`;
  const common = { pool, limits, windowPages };
  return [
    pagedType(PDF, { ...common, engines, version: pdf, markup: "pdf" }),
    plainType(TEXT, { markup: "text", maxBytes: limits.textBytes }),
    plainType(MARKDOWN, { markup: "markdown", maxBytes: limits.textBytes }),
    pooledType(HTML, {
      ...common,
      engines: ["turndown"],
      version: `html/1 ${markdown}`,
      markup: "markdown",
      maxBytes: limits.htmlBytes,
      msPerMebibyte: limits.htmlMsPerMebibyte,
    }),
    pooledType(DOCX, {
      ...common,
      engines: ["mammoth"],
      version: `docx/1 ${engineRelease("mammoth")} ${markdown}`,
      markup: "markdown",
    }),
  ];
}

function typeOf(types: readonly DocumentType[], file: DocumentFile): DocumentType {
  const type = kindOf(types, file.format);
  if (type !== undefined) return type;
  throw new MillraceError(
    "unsupported",
    `${file.path} is a "${file.format}", which this extractor has no type for`,
  );
}

/** A document's temporary files go with it, however it ends. */
async function extract(
  file: DocumentFile,
  options: ExtractOptions,
  parts: { readonly documentTypes: readonly DocumentType[]; readonly folders: OwnedFolders },
): Promise<ExtractedDocument> {
  const type = typeOf(parts.documentTypes, file);
  let folder: Promise<string> | undefined;
  const tempFolder = (): Promise<string> => {
    folder ??= parts.folders.make("document");
    return folder;
  };
  try {
    return await type.extract(file, { ...options, tempFolder });
  } finally {
    if (folder !== undefined) await parts.folders.remove(folder);
  }
}
