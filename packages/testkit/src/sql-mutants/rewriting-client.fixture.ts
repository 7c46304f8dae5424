/** A database client that changes statements on their way: how a mutant of the SQL is made without touching it. */
import type { SqlClient, SqlSession } from "@millrace/postgres";

/** A statement's text before and after; the same text where it is not meant. */
export type Rewrite = (text: string) => string;

/** The client with every statement rewritten, in transactions too; `onRewritten` is told of each that changed. */
export function rewritingClient(client: SqlClient, rewrite: Rewrite, onRewritten: () => void): SqlClient {
  const changed: Rewrite = (text) => {
    const rewritten = rewrite(text);
    if (rewritten !== text) onRewritten();
    return rewritten;
  };
  const rewriting = (session: SqlSession): SqlSession => ({
    query: (text, values) => session.query(changed(text), values),
    script: (text) => session.script(text),
    copyIn: (text, chunks) => session.copyIn(text, chunks),
  });
  return {
    ...rewriting(client),
    exclusive: client.exclusive,
    connections: client.connections,
    open: () => client.open(),
    close: () => client.close(),
    transaction: (work) => client.transaction((session) => work(rewriting(session))),
  };
}
