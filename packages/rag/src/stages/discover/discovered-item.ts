/** What discovery finds: documents, things it leaves alone, and places it could not look. */
import type { DocumentFormat } from "../../ports/extractor.ts";

/** A file to ingest. */
export interface DiscoveredFile {
  readonly kind: "file";
  /** Absolute and free of symbolic links. Also the cursor: see `after` of `discover`. */
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** Whether the user named this very file. */
  readonly named: boolean;
  /** By its name; `undefined` only for a named file of a type that is not supported. */
  readonly format: DocumentFormat | undefined;
}

/** Why something in a folder is not a document. */
export type IgnoredReason = "unsupported" | "not-a-file" | "link-outside" | "link-to-hidden" | "link-broken";

/** Something in a folder that is left alone, to be counted. */
export interface IgnoredEntry {
  readonly kind: "ignored";
  readonly path: string;
  readonly why: IgnoredReason;
}

/** A file or folder the system would not show: whatever is in it is missing from the result. */
export interface UnreadableEntry {
  readonly kind: "unreadable";
  readonly path: string;
  /** The system's own words. */
  readonly why: string;
}

/** One finding. Paths are unique and rise in the order of `comparePaths`. */
export type DiscoveredItem = DiscoveredFile | IgnoredEntry | UnreadableEntry;
