/** Owns the servers of a vitest run: each started once, unless its MILLRACE_TEST_…_URL names one. */
import { startPgbouncer } from "../scripts/services/pgbouncer.mjs";
import { startPostgres } from "../scripts/services/postgres.mjs";
import { startRedis } from "../scripts/services/redis.mjs";

/** In this order: PgBouncer leads to the PostgreSQL before it. */
const SERVERS = [
  { variable: "MILLRACE_TEST_POSTGRES_URL", start: startPostgres },
  {
    variable: "MILLRACE_TEST_PGBOUNCER_URL",
    start: () => startPgbouncer(process.env.MILLRACE_TEST_POSTGRES_URL ?? ""),
  },
  { variable: "MILLRACE_TEST_REDIS_URL", start: startRedis },
] as const;

/** Workers are started after this and inherit the environment. Returns the teardown. */
export async function setup(): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  const teardown = async () => {
    for (const stop of stops.reverse()) await stop();
  };
  try {
    for (const { variable, start } of SERVERS) {
      if (process.env[variable]) continue;
      const server = await start();
      process.env[variable] = server.url;
      stops.push(async () => {
        delete process.env[variable];
        await server.stop();
      });
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}
