/** The port through which text comes out of documents, and the named ways in which a document can fail. */
import { ClassedError, type ErrorClass } from "@millrace/core";
import type { DocumentType } from "./document-type.ts";
import type { TextFormat } from "./splitter.ts";

/** A type of document by its name: `pdf`, `markdown`, `text`, `html`, `docx`, or what a program has added. */
export type DocumentFormat = string;

/** Why a document could not be read, in the words reports use. */
export type DocumentReason =
  | "encrypted"
  | "needs-ocr"
  | "malformed"
  | "parser-crash"
  | "timeout"
  | "too-large"
  | "unsupported"
  | "unreadable"
  | "empty";

const CLASS_OF_REASON: Readonly<Record<DocumentReason, ErrorClass>> = Object.freeze({
  encrypted: "validation",
  "needs-ocr": "validation",
  malformed: "validation",
  "parser-crash": "crashed",
  timeout: "timeout",
  "too-large": "validation",
  unsupported: "validation",
  unreadable: "permission",
  empty: "validation",
});

/** A document that failed by itself: the message names the file, `reason` says why, `errorClass` whether to retry. */
export class DocumentError extends ClassedError {
  declare readonly reason: DocumentReason;

  constructor(reason: DocumentReason, message: string, init: { readonly cause?: unknown } = {}) {
    super(classOf(reason, init.cause), reason, message, init.cause);
    this.name = "DocumentError";
  }
}

/** The error for a file that failed: every such message names the file and the reason in the same way. */
export function documentFailure(failure: {
  readonly path: string;
  readonly reason: DocumentReason;
  readonly why: string;
  readonly cause?: unknown;
}): DocumentError {
  const { path, reason, why, cause } = failure;
  return new DocumentError(reason, `cannot read ${path} (${reason}): ${why}`, { cause });
}

/** A file that was validated and is ready to be read. */
export interface DocumentFile {
  /** Absolute path. */
  readonly path: string;
  readonly bytes: number;
  readonly format: DocumentFormat;
}

/** The text of one page; `number` counts from 1. Text has no control characters but `\n` and `\t`. */
export interface ExtractedPage {
  readonly number: number;
  readonly text: string;
}

/** An engine that gave up on a document before another one read it. */
export interface EngineAttempt {
  readonly engine: string;
  readonly reason: DocumentReason;
  readonly message: string;
}

/** Every page of a document, in order, none missing. */
export interface ExtractedDocument {
  readonly pages: readonly ExtractedPage[];
  readonly format: DocumentFormat;
  /** How the pages' text is marked up; the splitter goes by it. */
  readonly markup: TextFormat;
  /** Who read it, such as `liteparse`, `mammoth` or `text`. */
  readonly engine: string;
  /** Exact release of the engine. */
  readonly engineVersion: string;
  /** Engines that were tried first and failed. */
  readonly fallbacks: readonly EngineAttempt[];
  /** Wall time from the first page asked for to the last page received. */
  readonly ms: number;
}

/** How one call to an {@link Extractor} is watched and ended. */
export interface ExtractOptions {
  readonly signal: AbortSignal;
  /** Pages read since the last call; negative when an engine gave up and its pages are read again. */
  readonly onPages?: ((doneDelta: number) => void) | undefined;
}

/** Reads documents. Safe to call concurrently; a document that breaks it breaks no other. */
export interface Extractor {
  /** The types it reads. Of several for one extension or of one format, the last listed counts. */
  readonly documentTypes: readonly DocumentType[];
  /**
   * All pages of the document.
   * @throws DocumentError when the document itself is at fault; the signal's reason when aborted; MillraceError
   * `unsupported` for a format that is none of its types.
   */
  extract(file: DocumentFile, options: ExtractOptions): Promise<ExtractedDocument>;
  /** A few milliseconds' guess at the number of pages, `undefined` where there is none. Never throws but on abort. */
  countPages(file: DocumentFile, options: { readonly signal: AbortSignal }): Promise<number | undefined>;
  /** Ends every child process. Calls in flight fail. Idempotent. */
  stop(): Promise<void>;
}

function classOf(reason: DocumentReason, cause: unknown): ErrorClass {
  if (reason === "unreadable" && cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
    return "not-found";
  }
  return CLASS_OF_REASON[reason];
}
