/** The stages an ingest from the command line runs with; the only place that picks them. */
import type { OnError, StorageOptions } from "@millrace/core";
import {
  cachedByDefault,
  checkedEmbedder,
  createExtractor,
  hashLexicalV1,
  type IngestTools,
  markdownSplitter,
} from "@millrace/rag";
import type { OpenHome } from "../shell.ts";

/** What reads documents and cuts them up: of all stages these take time to start. */
export interface Reading {
  /** Lives until its `stop()`. */
  readonly extractor: IngestTools["extractor"];
  /** Always the same one. The first call loads the tokenizer: 0.3 s in which this thread does nothing else. */
  splitter(): IngestTools["splitter"];
}

/** How reading starts. */
export interface ReadingOptions {
  /** Whether what reads PDFs starts now, else with the first of them. */
  readonly isEager: boolean;
  readonly storage: StorageOptions | undefined;
  /** Told of files of parsers that cannot be removed. */
  readonly onError: OnError;
}

/** Starts what reads documents. */
export function startReading({ isEager, storage, onError }: ReadingOptions): Reading {
  let splitter: IngestTools["splitter"] | undefined;
  return {
    extractor: createExtractor({ eager: isEager, storage, onError }),
    splitter: () => {
      splitter ??= markdownSplitter();
      return splitter;
    },
  };
}

/** Picks the other stages. */
export function ingestTools(home: OpenHome, reading: Reading, onPages: (delta: number) => void): IngestTools {
  return {
    extractor: reading.extractor,
    splitter: reading.splitter(),
    embedder: cachedByDefault(embedder(), home.embeddings),
    collections: home.collections,
    extractions: home.extractions,
    onPages,
  };
}

/** What ingest embeds with. */
export function embedder(): IngestTools["embedder"] {
  return checkedEmbedder(hashLexicalV1());
}
