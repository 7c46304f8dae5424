/** The public surface of `@millrace/postgres`. */
export { type CopyColumn, type CopyOptions, type CopyValue, encodeCopy } from "./copy-binary.ts";
export { schemaState } from "./migrate.ts";
export { createPgClient, type PgClientOptions } from "./pg/pg-client.ts";
export { createPgliteClient, type PgliteClientOptions } from "./pglite/pglite-client.ts";
export { sqlOf } from "./session.ts";
export type { SqlClient, SqlClientInfo, SqlSession, SqlValue } from "./sql-client.ts";
export { sqlStore } from "./sql-store.ts";
