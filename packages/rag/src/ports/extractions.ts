/** The port that keeps extracted text, so that splitting or embedding anew parses nothing. */
import type { DocumentFormat, ExtractedDocument } from "./extractor.ts";

/** Names a text: whose it is, and everything that could have made it another one. */
export interface ExtractionKey {
  /** sha256 of the file, hex. */
  readonly hash: string;
  readonly format: DocumentFormat;
  /** Of the document type that read it. */
  readonly version: string;
}

/** The key as one text. */
export function extractionName({ hash, format, version }: ExtractionKey): string {
  return JSON.stringify([hash, format, version]);
}

/** Extracted documents of one home, shared by its collections. */
export interface Extractions {
  /** The text kept under this key, as it was saved. */
  find(key: ExtractionKey): Promise<ExtractedDocument | undefined>;
  /** Keeps a text, in place of what was kept under its key. Durable when it resolves. */
  save(key: ExtractionKey, document: ExtractedDocument): Promise<void>;
  /**
   * Removes what no document of any collection refers to and was saved longer ago than `keepMs`; how many. Harmless
   * while others ingest: at worst they parse once more.
   */
  clean(options: { readonly keepMs: number }): Promise<number>;
}
