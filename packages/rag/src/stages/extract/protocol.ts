/** The messages between the extraction pool and its child processes. */
import type { DocumentReason, ExtractedPage } from "../../ports/extractor.ts";

/** Pages `from`…`to` (inclusive, from 1) of one file, to be read by one engine. */
export interface ReadRequest {
  readonly kind: "read";
  readonly engine: string;
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** How many pages a file has. */
interface CountRequest {
  readonly kind: "count";
  readonly engine: string;
  readonly path: string;
}

/** What the pool asks of a child; a child has one request at a time. */
export type ChildRequest = ReadRequest | CountRequest;

/** Pages read, and how many the whole document has. */
export interface WindowResult {
  readonly totalPages: number;
  readonly pages: readonly ExtractedPage[];
}

/** What a child says. `rss` is its resident memory in bytes after the request. */
export type ChildMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly result: WindowResult; readonly rss: number }
  | {
      readonly kind: "failed";
      readonly reason: DocumentReason;
      readonly message: string;
      readonly rss: number;
    };

/** Printed by a child that ends itself over its memory limit. */
export const MEMORY_LIMIT_NOTE = "memory limit exceeded";
