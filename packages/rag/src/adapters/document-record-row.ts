/** A document's row as a record with its lineage. */
import type { DocumentRecord, Lineage } from "../ports/lineage.ts";

/** What `document-records` returns. */
export interface DocumentRecordRow {
  readonly source: string;
  readonly hash: string;
  readonly pipeline: string;
  readonly format: string;
  readonly engine: string;
  readonly bytes: string;
  readonly pages: number;
  readonly passages: number;
  readonly indexed: string;
  readonly lineage: string | null;
}

/** The record. */
export function recordOf({ bytes, indexed, lineage, ...rest }: DocumentRecordRow): DocumentRecord {
  return {
    ...rest,
    bytes: Number(bytes),
    indexedAtMs: Number(indexed),
    ...(lineage === null ? {} : { lineage: JSON.parse(lineage) as Lineage }), // written by documentRow
  };
}
