/** What a server's background processes would do: PGlite has none, so its log and dead rows would grow for ever. */
import type { SqlSession } from "../sql-client.ts";

/** The log is cut by a checkpoint once it is so long: also the most a start after a crash has to replay. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
/** Larger tables are analysed but not vacuumed here: that could keep everything else waiting for minutes. */
const MAX_VACUUM_BYTES = 512 * 1024 * 1024;

const LOG_BYTES = `
  select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as bytes from pg_control_checkpoint()`;

/** The table furthest past autovacuum's own kind of threshold: a fixed number of rows and a share of the table. */
const NEEDIEST = `
  select format('%I.%I', schemaname, relname) as name,
         n_dead_tup > 1000 + 0.2 * n_live_tup and pg_total_relation_size(relid) < $1::bigint as "isDead"
    from pg_stat_user_tables
   where (n_dead_tup > 1000 + 0.2 * n_live_tup and pg_total_relation_size(relid) < $1::bigint)
      or n_mod_since_analyze > 1000 + 0.1 * n_live_tup
   order by n_dead_tup + n_mod_since_analyze desc
   limit 1`;

/** Does what is due: a checkpoint, and one table vacuumed or analysed. */
export async function keepUp(sql: SqlSession): Promise<void> {
  const [log] = await sql.query<{ bytes: number }>(LOG_BYTES);
  if (log !== undefined && log.bytes > MAX_LOG_BYTES) await sql.query("checkpoint");
  const [table] = await sql.query<{ name: string; isDead: boolean }>(NEEDIEST, [MAX_VACUUM_BYTES]);
  if (table !== undefined) await sql.query(`${table.isDead ? "vacuum (analyze)" : "analyze"} ${table.name}`);
}
