/** Server PostgreSQL as a home for tests: a schema of the test server, named for its user. */
import { createPgClient } from "@millrace/postgres";
import type { TestHome } from "../test-store.ts";
import { sqlHome } from "./sql-home.ts";

/** A home on `MILLRACE_TEST_POSTGRES_URL`, which the test run's set-up provides. Test files that run at once name different schemas. */
export function postgresHome(schema: string): TestHome {
  return sqlHome({
    name: "postgres",
    schema,
    connect: async () => createPgClient({ url: testPostgresUrl() }),
  });
}

/** Where the test server is. @throws TypeError where no set-up ran: a test never goes without. */
export function testPostgresUrl(): string {
  const url = process.env["MILLRACE_TEST_POSTGRES_URL"];
  if (url === undefined)
    throw new TypeError("MILLRACE_TEST_POSTGRES_URL is not set: run the tests through vitest");
  return url;
}
