/** The public surface of `@millrace/postgres`. */
export { type CopyColumn, type CopyOptions, type CopyValue, encodeCopy } from "./copy-binary.ts";
export { type Holder, type ServerHealth, serverHealth } from "./health/server-health.ts";
export {
  type Count,
  type HotTable,
  type StoreHealth,
  storeHealth,
  type Unserved,
} from "./health/store-health.ts";
export { migrationScript, schemaState } from "./migrate.ts";
export { createPgClient, type PgClientOptions } from "./pg/pg-client.ts";
export { createPgliteClient, type PgliteClientOptions } from "./pglite/pglite-client.ts";
export { hasEmbeddedStore, removeEmbeddedStore } from "./pglite/remove-store.ts";
export {
  type RemovableSchema,
  removeSchema,
  type SchemaContents,
  schemaContents,
} from "./schema-contents.ts";
export { sqlOf } from "./session.ts";
export type { Pooling, SqlClient, SqlClientInfo, SqlSession, SqlValue } from "./sql-client.ts";
export { sqlStore } from "./sql-store.ts";
export { storeNowMs } from "./store-now.ts";
export { type TableWriterOptions, tableWriter } from "./table-writer/table-writer.ts";
