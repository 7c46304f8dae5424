/** The statements of collections, in the schema they are kept in. */
import { queries } from "../generated/sources.ts";
import type { Sql, SqlValue } from "../ports/sql.ts";
import { inSchema } from "./collection-schema.ts";

/** A statement by its file's name. */
export type StatementName = keyof typeof queries;

/** Runs statements by name. */
export class CollectionStatements {
  readonly schema: string;

  constructor(schema: string) {
    this.schema = schema;
  }

  /** Runs one on a connection. */
  run<Row extends object>(
    sql: Pick<Sql, "query">,
    name: StatementName,
    values: readonly SqlValue[],
  ): Promise<readonly Row[]> {
    return sql.query<Row>(this.text(name), values);
  }

  /** What the server is sent; `instead` replaces what cannot be bound, all of it ours: numbers, checked names. */
  text(name: StatementName, instead: Readonly<Record<string, string>> = {}): string {
    const replaced = Object.entries(instead).reduce<string>(
      (text, [old, now]) => text.replaceAll(old, now),
      queries[name],
    );
    return inSchema(replaced, this.schema);
  }
}
