/** The port of document types: how a kind of file is recognised, and how its text comes out. */
import { extname } from "node:path";
import type {
  DocumentFile,
  DocumentFormat,
  DocumentReason,
  ExtractedDocument,
  ExtractOptions,
} from "./extractor.ts";

/** Why a file is not what its name says. */
export interface Refusal {
  readonly reason: DocumentReason;
  /** Ends the sentence `cannot read <path> (<reason>): …`. */
  readonly why: string;
}

/** What the first bytes of a file (at most 64 KiB of it) say. Both functions are pure and never throw. */
export interface Magic {
  /** Why a file of such a name cannot be of this type; `undefined` where nothing speaks against it. */
  refuse(head: Uint8Array): Refusal | undefined;
  /** Whether a file is of this type whatever its name says. Left out: only names decide. */
  claims?(head: Uint8Array): boolean;
  /** Whether a file whose name has no extension is of this type, by its first 1,024 bytes. Left out: never. */
  claimsNameless?(head: Uint8Array): boolean;
}

/** How files of one type are recognised. */
export interface DocumentKind {
  /** Names the type in ledgers, reports and collections. */
  readonly format: DocumentFormat;
  /** Ends of file names, in lower case with their dot. */
  readonly extensions: readonly string[];
  readonly magic: Magic;
}

/** A type of documents: everything an ingest has to know about it. One that needs no clean-up is a plain value. */
export interface DocumentType extends DocumentKind {
  /** Changes whenever the same file could yield other text: part of its documents' pipeline and of kept text's key. */
  readonly version: string;
  /**
   * Whether extracted text is kept, so that splitting or embedding anew does not parse again. Default true; false for
   * files that cost no more to read than kept text does.
   */
  readonly isKept?: boolean | undefined;
  /**
   * All pages of the document, none missing. Safe to call concurrently. Files under `options.tempFolder()` are removed
   * when it has ended.
   * @throws DocumentError when the document itself is at fault; the signal's reason when aborted.
   */
  extract(file: DocumentFile, options: DocumentOptions): Promise<ExtractedDocument>;
  /** A few milliseconds' guess at the number of pages. Left out: one page. Never throws but on abort. */
  countPages?(file: DocumentFile, options: { readonly signal: AbortSignal }): Promise<number | undefined>;
}

/** What a type's `extract` gets. */
export interface DocumentOptions extends ExtractOptions {
  /** A folder for this document's temporary files: made when it is first asked for, gone when the document has ended. */
  tempFolder(): Promise<string>;
}

/** The type a file's extension stands for, in either case of letters. Of several the last listed. */
export function kindByName<Kind extends DocumentKind>(
  kinds: readonly Kind[],
  path: string,
): Kind | undefined {
  const extension = extname(path).toLowerCase();
  return kinds.findLast(({ extensions }) => extensions.includes(extension));
}

/** The type of this name. */
export function kindOf<Kind extends DocumentKind>(
  kinds: readonly Kind[],
  format: DocumentFormat,
): Kind | undefined {
  return kinds.findLast((kind) => kind.format === format);
}
