/** What the first connection says of the server, and of what stands before it. */
import type { PgConnection } from "./pg-connection.ts";
import { BACKEND, isPooled } from "./pooler.ts";

/** A server as it introduces itself. */
export interface Greeting {
  /** `server_version_num`. */
  readonly number: number;
  readonly version: string;
  /** In words for people. */
  readonly durability: string;
  /** Whether the server is behind a pooler. */
  readonly isPooled: boolean;
}

interface Row {
  readonly number: number;
  readonly version: string;
  readonly fsync: string;
  readonly commit: string;
  readonly backend: number;
}

/** Asks; without a name, for nobody knows yet whether names are kept. */
export async function greeting(connection: PgConnection): Promise<Greeting> {
  const [row] = await connection.query<Row>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
            current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, ${BACKEND}`,
  );
  const { number = 0, version = "unknown", fsync = "?", commit = "?", backend } = row ?? {};
  return {
    number,
    version,
    durability: `as the server is set: fsync ${fsync}, synchronous_commit ${commit}`,
    isPooled: isPooled(connection.greeter, backend),
  };
}
