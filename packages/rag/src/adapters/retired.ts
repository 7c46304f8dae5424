/** Removing what a collection held once nobody sees it any more: a page at a time, however much it was. */
import type { Database } from "../ports/sql.ts";
import { dropIndexes, nearIndexes } from "./collection-indexes.ts";
import type { CollectionStatements } from "./collection-statements.ts";

/** Rows of each kind removed at a time. */
const PAGE = 5_000;

/** Removes every retired collection, also those that a process which ended too early left. */
export async function dropRetired(database: Database, statements: CollectionStatements): Promise<void> {
  for (const { id } of await statements.run<{ id: number }>(database, "retired", [])) {
    let removed: number;
    do {
      const [row] = await statements.run<{ removed: number }>(database, "drop-some", [id, PAGE]);
      removed = row?.removed ?? 0;
    } while (removed > 0);
    const names = nearIndexes(id, 0).map(({ name }) => name);
    await dropIndexes(database, statements, names);
    await statements.run(database, "drop-retired", [id]);
  }
}
