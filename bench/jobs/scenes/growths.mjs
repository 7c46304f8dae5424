// Owns what millrace's store is burdened with before a drain, to see whether its speed depends on it.
import pg from "pg";

const ROWS = 500_000;

/** By name; each may give what ends it. */
export const growths = {
  /** Jobs of the two classes above the drained one, due in an hour. */
  delayed: async (database) => {
    await database.query(
      `insert into millrace.job (id, run_at, created_at, max_rescues, class, queue, name, tenant, env)
       select gen_random_uuid(), now() + interval '1 hour', now(), 3, n % 2, 'default', 'bench', '', '0{"payload":null}'
       from generate_series(1, $1) n`,
      [ROWS],
    );
  },
  finished: async (database) => {
    await database.query(
      `insert into millrace.finished (id, generation, token, created_at, run_at, finished_at, attempts, interruptions,
         snoozes, rescues, max_rescues, class, state, queue, name, tenant, env, records)
       select gen_random_uuid(), 1, -n, now(), now(), now(), 1, 0, 0, 0, 3, 2, 4, 'default', 'bench', '',
         '0{"payload":null}', '0 {"outcome":"completed"}'
       from generate_series(1, $1) n`,
      [ROWS],
    );
  },
  /** A transaction that keeps old row versions from being cleaned up. */
  snapshot: async (database) => {
    const holder = new pg.Client({ ...database.connectionParameters });
    await holder.connect();
    await holder.query("begin isolation level repeatable read");
    await holder.query("select 1");
    return () => holder.end();
  },
};
