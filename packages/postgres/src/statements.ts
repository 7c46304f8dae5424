/** The SQL of every verb, bound to one schema. */
import { MillraceError } from "@millrace/core";
import { queries } from "./generated/sources.ts";

export type StatementName = keyof typeof queries;
/** Gives the text of a statement for this store's schema. */
export type Statements = (name: StatementName) => string;

/** Puts a schema's name into SQL written for `millrace.`. @throws MillraceError `bad-config` for an unusable name. */
export function inSchema(text: string, schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new MillraceError(
      "bad-config",
      `store.schema "${schema}" is not a plain lower-case SQL name of at most 63 letters, digits and _`,
    );
  }
  return text.replaceAll("millrace.", `"${schema}".`);
}

/** Every statement, in the given schema. */
export function statementsFor(schema: string): Statements {
  const texts = new Map(Object.entries(queries).map(([name, text]) => [name, inSchema(text, schema)]));
  return (name) => texts.get(name) ?? queries[name];
}
