/** The public surface of `@millrace/rag`. */

export { collectionObjects } from "./adapters/collection-schema.ts";
export { type CollectionWriterOptions, collectionWriter } from "./adapters/collection-writer.ts";
export { MemoryCollections } from "./adapters/memory-collections.ts";
export { MemoryEmbeddingCache } from "./adapters/memory-embedding-cache.ts";
export { MemoryExtractions } from "./adapters/memory-extractions.ts";
export { memoryHolds } from "./adapters/memory-holds.ts";
export { SqlCollections, type SqlCollectionsOptions } from "./adapters/sql-collections.ts";
export { SqlEmbeddingCache } from "./adapters/sql-embedding-cache.ts";
export { SqlExtractions } from "./adapters/sql-extractions.ts";
export { type BulkEmbedTools, bulkEmbed, bulkEmbedName, modelQueue } from "./bulk/bulk-embed.ts";
export { BULK_INSERT, type BulkInsertTools, bulkInsert } from "./bulk/bulk-insert.ts";
export type { RecordReader } from "./bulk/bulk-items.ts";
export { BULK_ATTEMPTS, BULK_STEPS, type BulkCollections, type BulkOptions } from "./bulk/bulk-options.ts";
export type { BulkEmbedParams, BulkInsertParams, BulkSource } from "./bulk/bulk-params.ts";
export { CLEANUP_MODES, type CleanupMode, cleanupMode, DEFAULT_CLEANUP } from "./ingest/cleanup-mode.ts";
export {
  INGEST,
  INGEST_STEP,
  type IngestTools,
  ingestBatch,
} from "./ingest/ingest-batch.ts";
export type { IngestParams } from "./ingest/ingest-params.ts";
export { type CollectionQuestion, searchCollection } from "./ingest/search.ts";
export {
  type DocumentChange,
  type Survey,
  type SurveyedDocument,
  type SurveyTools,
  surveyDocuments,
} from "./ingest/survey.ts";
export { SWAP, SWAP_STEP, type SwapParams, type SwapTools, swapBatch } from "./ingest/swap-batch.ts";
export type { EmbedResult, HeldBack, ModelReason } from "./models/embed-result.ts";
export { EndpointEmbedder, type EndpointPorts } from "./models/endpoint-embedder.ts";
export { ENDPOINT_DEFAULTS, type EndpointOptions } from "./models/endpoint-options.ts";
export type { ItemEmbedder } from "./models/item-embedder.ts";
export { type ModelSource, Models } from "./models/models.ts";
export * from "./ports/collections.ts";
export * from "./ports/document-type.ts";
export * from "./ports/embedder.ts";
export * from "./ports/embedding-cache.ts";
export * from "./ports/extractions.ts";
export * from "./ports/extractor.ts";
export * from "./ports/holds.ts";
export * from "./ports/items.ts";
export * from "./ports/lineage.ts";
export * from "./ports/search.ts";
export * from "./ports/splitter.ts";
export * from "./ports/sql.ts";
export * from "./ports/swap.ts";
export { itemProblem } from "./search/checked-items.ts";
export { canonicalRoots } from "./stages/discover/canonical-roots.ts";
export { type DiscoverOptions, discover } from "./stages/discover/discover.ts";
export type * from "./stages/discover/discovered-item.ts";
export { comparePaths } from "./stages/discover/path-order.ts";
export { cachedByDefault, cachedEmbedder } from "./stages/embed/cached-embedder.ts";
export { checkedEmbedder } from "./stages/embed/checked-embedder.ts";
export { hashLexicalV1 } from "./stages/embed/hash-lexical-v1.ts";
export {
  createExtractor,
  DEFAULT_EXTRACTION_LIMITS,
  type ExtractionLimits,
  type ExtractorOptions,
} from "./stages/extract/document-extractor.ts";
export { readTextFile } from "./stages/extract/text-file.ts";
export { markdownSplitter } from "./stages/split/markdown-splitter.ts";
export {
  DEFAULT_MAX_FILE_BYTES,
  type ValidatedFile,
  type ValidateOptions,
  validateFile,
} from "./stages/validate/validate-file.ts";
