/** The store's clock, for whoever counts back from it. */
import type { SqlSession } from "./sql-client.ts";
import { inSchema } from "./statements.ts";

/** The time on the store's clock, in ms since the epoch; the schema must be there. */
export async function storeNowMs(sql: Pick<SqlSession, "query">, schema: string): Promise<number> {
  const text = inSchema("select millrace.ms(millrace.store_now())::text as now", schema);
  const rows = await sql.query<{ now: string }>(text);
  return Number(rows[0]?.now);
}
