// Owns what a package's sql folder says: its queries, each with the parts it includes, and its migrations.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Every query below `<folder>/sql/queries` as `{path without ending: text to run}`. Throws where a part is missing. */
export function sqlQueries(folder) {
  const parts = new Map(sqlFiles(join(folder, "sql/parts")));
  const queries = sqlFiles(join(folder, "sql/queries"));
  return Object.fromEntries(queries.map(([name, text]) => [name, named(name, withParts(text, parts))]));
}

/** Only its name is said before a statement: of a running one the server shows no more than how it begins. */
function named(name, text) {
  return `-- ${name}\n${text.replace(/^ *--.*\n/gm, "")}`;
}

/** Every migration below `<folder>/sql/migrations`, in order. */
export function sqlMigrations(folder) {
  return sqlFiles(join(folder, "sql/migrations")).map(([name, text]) => ({ name, text }));
}

/** The text with each line `-- include <name>` replaced by that part, which several statements share. */
function withParts(text, parts) {
  return text.replace(/^-- include (.+)\n/gm, (_line, name) => {
    const part = parts.get(name);
    if (part === undefined) throw new Error(`sql/parts has no ${name}.sql`);
    return part;
  });
}

/** Every .sql file below a folder, as [path without ending, text], in path order. */
function sqlFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith(".sql"))
    .map((file) => join(folder, file))
    .sort()
    .map((file) => [relative(folder, file).replace(/\.sql$/, ""), readFileSync(file, "utf8")]);
}
