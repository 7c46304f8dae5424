/** How a document came into its collection. */
import type { EngineAttempt } from "./extractor.ts";

/** What made a document's passages, and how long each stage took. Kept with the document. */
export interface Lineage {
  /** The run that wrote it; `null` outside runs. */
  readonly run: string | null;
  /** Version of the document type that read it. */
  readonly extractor: string;
  /** Exact release of the engine that read it. */
  readonly engineVersion: string;
  /** Engines that gave up on it before. */
  readonly fallbacks: readonly EngineAttempt[];
  /** Whether its text was kept from an earlier extraction: then `ms.extract` is what that one took. */
  readonly isReused: boolean;
  readonly splitter: string;
  readonly model: string;
  /** Of all its passages together. */
  readonly tokens: number;
  /** Wall time of each stage, in ms. Writing is left out: documents are written together. */
  readonly ms: Readonly<Record<"validate" | "extract" | "split" | "embed", number>>;
}

/** A document as its collection knows it. */
export interface DocumentRecord {
  /** Canonical path. */
  readonly source: string;
  /** sha256 of the file, hex. */
  readonly hash: string;
  readonly pipeline: string;
  readonly format: string;
  readonly engine: string;
  readonly bytes: number;
  readonly pages: number;
  readonly passages: number;
  readonly indexedAtMs: number;
  /** Left out of documents that were written before it was kept. */
  readonly lineage?: Lineage | undefined;
}
