/** `millrace/items`: ready-made readers and writers of chunk steps. */
export * from "@millrace/core/items";
export { type TableWriterOptions, tableWriter } from "@millrace/postgres";
export { type CollectionWriterOptions, collectionWriter } from "@millrace/rag";
