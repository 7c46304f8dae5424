/** Owns the PostgreSQL server of a vitest run: started once, unless MILLRACE_TEST_POSTGRES_URL names one. */
import { startPostgres } from "../scripts/services/postgres.mjs";

/** Workers are started after this and inherit the environment. Returns the teardown. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.MILLRACE_TEST_POSTGRES_URL) return undefined;
  const server = await startPostgres();
  process.env.MILLRACE_TEST_POSTGRES_URL = server.url;
  return async () => {
    delete process.env.MILLRACE_TEST_POSTGRES_URL;
    await server.stop();
  };
}
