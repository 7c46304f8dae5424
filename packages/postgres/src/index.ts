/** The public surface of `@millrace/postgres`. */
export { sqlOf } from "./session.ts";
export type { SqlClient, SqlSession } from "./sql-client.ts";
export { sqlStore } from "./sql-store.ts";
