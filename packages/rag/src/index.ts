export * from "./ports/extractor.ts";
export { canonicalRoots } from "./stages/discover/canonical-roots.ts";
export { type DiscoverOptions, discover } from "./stages/discover/discover.ts";
export type {
  DiscoveredFile,
  DiscoveredItem,
  IgnoredEntry,
  IgnoredReason,
  UnreadableEntry,
} from "./stages/discover/discovered-item.ts";
export { comparePaths } from "./stages/discover/path-order.ts";
export {
  createExtractor,
  DEFAULT_EXTRACTION_LIMITS,
  type ExtractionLimits,
  type ExtractorOptions,
} from "./stages/extract/document-extractor.ts";
export {
  DEFAULT_MAX_FILE_BYTES,
  type ValidatedFile,
  type ValidateOptions,
  validateFile,
} from "./stages/validate/validate-file.ts";
