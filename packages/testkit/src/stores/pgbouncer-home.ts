/** Server PostgreSQL behind PgBouncer in transaction mode as a home for tests: a schema of the server behind it. */
import { createPgClient } from "@millrace/postgres";
import type { TestHome } from "../test-store.ts";
import { testPostgresUrl } from "./postgres-home.ts";
import { sqlHome } from "./sql-home.ts";

/**
 * A home on `MILLRACE_TEST_PGBOUNCER_URL`, which the test run's set-up provides. It leads to the server at
 * `MILLRACE_TEST_POSTGRES_URL`, where idle workers listen.
 */
export function pgbouncerHome(schema: string): TestHome {
  return sqlHome({
    name: "postgres behind PgBouncer",
    schema,
    connect: async () => createPgClient({ url: testPgbouncerUrl(), directUrl: testPostgresUrl() }),
  });
}

/** Where the pooler is. @throws TypeError where no set-up ran: a test never goes without. */
export function testPgbouncerUrl(): string {
  const url = process.env["MILLRACE_TEST_PGBOUNCER_URL"];
  if (url === undefined)
    throw new TypeError("MILLRACE_TEST_PGBOUNCER_URL is not set: run the tests through vitest");
  return url;
}
