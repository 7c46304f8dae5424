/** A SQL store's schema as a whole: the statements it lacks, what it holds, removing it. */
import {
  migrationScript,
  removeSchema,
  type SchemaContents,
  type SqlClient,
  schemaContents,
} from "@millrace/postgres";
import { collectionObjects } from "@millrace/rag";

/** To be used on an open store. */
export interface SchemaTools {
  readonly schema: string;
  /** The script that `migrate` would run; empty where nothing is missing. */
  script(): Promise<string>;
  /** What the schema holds; `undefined` where there is none. */
  contents(): Promise<SchemaContents | undefined>;
  /** Removes it. @throws MillraceError `bad-usage` where anything is in it, or depends on it, that is not millrace's. */
  remove(): Promise<void>;
}

/** Of this schema. */
export function schemaTools(client: SqlClient, schema: string): SchemaTools {
  const removable = { schema, alsoOwn: collectionObjects() };
  return {
    schema,
    script: () => migrationScript(client, schema),
    contents: () => schemaContents(client, removable),
    remove: () => removeSchema(client, removable),
  };
}
