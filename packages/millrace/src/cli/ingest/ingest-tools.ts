/** The stages an ingest from the command line runs with; the only place that picks them. */
import {
  checkedEmbedder,
  createExtractor,
  hashLexicalV1,
  type IngestTools,
  markdownSplitter,
} from "@millrace/rag";
import type { OpenHome } from "../shell.ts";

/** What reads documents and cuts them up: of all stages these take time to start. */
export type ReadingStages = Pick<IngestTools, "extractor" | "splitter">;

/** Starts them, what reads PDFs with the first PDF unless `isEager`; they live until `extractor.stop()`. */
export function startReading(isEager: boolean): ReadingStages {
  return { extractor: createExtractor({ eager: isEager }), splitter: markdownSplitter() };
}

/** Picks the other stages. */
export function ingestTools(
  home: OpenHome,
  reading: ReadingStages,
  onPages: (delta: number) => void,
): IngestTools {
  return {
    ...reading,
    embedder: embedder(),
    collections: home.collections,
    onPages,
  };
}

/** The embedder of collections: what ingest writes with, search must ask with. */
export function embedder(): IngestTools["embedder"] {
  return checkedEmbedder(hashLexicalV1());
}
