/** The stages an ingest from the command line runs with; the only place that picks them. */
import {
  checkedEmbedder,
  createExtractor,
  type Extractor,
  hashLexicalV1,
  type IngestTools,
  markdownSplitter,
} from "@millrace/rag";
import type { OpenHome } from "../shell.ts";

/** What reads the documents, its children starting at once; they live until `stop()`. */
export function startExtractor(): Extractor {
  return createExtractor({ eager: true });
}

/** Picks the other stages. */
export function ingestTools(
  home: OpenHome,
  extractor: Extractor,
  onPages: (delta: number) => void,
): IngestTools {
  return {
    extractor,
    splitter: markdownSplitter(),
    embedder: embedder(),
    collections: home.collections,
    onPages,
  };
}

/** The embedder of collections: what ingest writes with, search must ask with. */
export function embedder(): IngestTools["embedder"] {
  return checkedEmbedder(hashLexicalV1());
}
