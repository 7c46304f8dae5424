/** Where an ingest looks for documents, and what kind it meets first. */

/** What is known before a store is opened. */
export interface IngestSources {
  /** The places to look, each of which is there. */
  readonly roots: readonly string[];
  /** Whether a PDF is among the first files: then what reads PDFs is worth starting already. */
  readonly beginsWithPdf: boolean;
}

/** Files looked at: enough to meet a mixed folder's first PDF, too few to make anybody wait. */
const LOOK = 256;

/** Finds them. @throws MillraceError `not-found` for a place that is not there, or a glob that matches nothing. */
export async function findSources(paths: readonly string[], folder: string): Promise<IngestSources> {
  const { canonicalRoots, discover } = await import("@millrace/rag");
  const roots = await canonicalRoots(paths, { folder });
  let looked = 0;
  for await (const item of discover(roots, { signal: new AbortController().signal })) {
    if (item.kind === "file" && item.format === "pdf") return { roots, beginsWithPdf: true };
    looked += 1;
    if (looked === LOOK) break;
  }
  return { roots, beginsWithPdf: false };
}
