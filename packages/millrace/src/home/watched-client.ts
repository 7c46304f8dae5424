/** A database client that tells of every failure, also of those that a retry will hide. */
import type { SqlClient } from "@millrace/postgres";

/** The same client; `onFailure` hears of each call that failed, before its caller does. */
export function watchedClient(client: SqlClient, onFailure: (error: unknown) => void): SqlClient {
  const watched = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      onFailure(error);
      throw error;
    }
  };
  return {
    exclusive: client.exclusive,
    connections: client.connections,
    get listen() {
      return client.listen;
    },
    open: () => client.open(),
    query: (text, values) => watched(client.query(text, values)),
    script: (text, limitMs) => watched(client.script(text, limitMs)),
    copyIn: (text, chunks) => watched(client.copyIn(text, chunks)),
    transaction: (work) => watched(client.transaction(work)),
    close: () => client.close(),
  };
}
