/** The stages an ingest from the command line runs with; the only place that picks them. */
import {
  checkedEmbedder,
  createExtractor,
  hashLexicalV1,
  type IngestTools,
  markdownSplitter,
} from "@millrace/rag";
import type { OpenHome } from "../shell.ts";

/** Picks the stages. The extractor's children live until `extractor.stop()`. */
export function ingestTools(home: OpenHome, onPages: (delta: number) => void): IngestTools {
  return {
    extractor: createExtractor(),
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
