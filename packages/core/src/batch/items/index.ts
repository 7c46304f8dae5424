/** The public surface of `@millrace/core/items`: ready-made readers and writers of chunk steps. */
export {
  type ArrayReaderOptions,
  arrayReader,
  type IterableReaderOptions,
  iterableReader,
} from "./array-reader.ts";
export { type CsvReaderOptions, type CsvRow, csvReader } from "./csv-reader.ts";
export { type CsvWriterOptions, csvWriter } from "./csv-writer.ts";
export type { FileWriter, MergeContext, MergedFile } from "./file-writer.ts";
export { type FolderFile, type FolderReaderOptions, folderReader } from "./folder-reader.ts";
export type { ItemOptions } from "./item-maker.ts";
export { mergeParts } from "./merge-parts.ts";
export { type NdjsonReaderOptions, ndjsonReader } from "./ndjson-reader.ts";
export { ndjsonWriter } from "./ndjson-writer.ts";
export { quotedName } from "./quoted-name.ts";
export { type QuerySource, type SqlReaderOptions, sqlReader } from "./sql-reader.ts";
export { Upload, type UploadOptions, type UploadReceipt, type UploadStatus } from "./upload.ts";
export { uploadReader } from "./upload-reader.ts";
