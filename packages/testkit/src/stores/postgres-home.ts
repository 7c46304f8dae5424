/** Server PostgreSQL as a home for tests: a schema of the test server, named for its user. */
import { createPgClient } from "@millrace/postgres";
import type { TestHome } from "../test-store.ts";
import { sqlHome } from "./sql-home.ts";

/**
 * A home on `MILLRACE_TEST_POSTGRES_URL`, which the test run's set-up provides. Test files that run at once name different
 * schemas. What reaches the disk is proven elsewhere, so these tests do not wait for it.
 */
export function postgresHome(schema: string): TestHome {
  return sqlHome({
    name: "postgres",
    schema,
    connect: async () => createPgClient({ url: withoutWaiting(testPostgresUrl()) }),
  });
}

/** Where the test server is. @throws TypeError where no set-up ran: a test never goes without. */
export function testPostgresUrl(): string {
  const url = process.env["MILLRACE_TEST_POSTGRES_URL"];
  if (url === undefined)
    throw new TypeError("MILLRACE_TEST_POSTGRES_URL is not set: run the tests through vitest");
  return url;
}

/** The address, its sessions told of a commit before it is on disk. */
function withoutWaiting(url: string): string {
  const address = new URL(url);
  const options = address.searchParams.get("options") ?? "";
  address.searchParams.set("options", `${options} -c synchronous_commit=off`.trim());
  return address.href;
}
