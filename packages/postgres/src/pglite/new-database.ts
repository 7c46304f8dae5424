/** A new database as files: what initdb makes, made once when this package was built. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Where the build of this package puts them for a release of PGlite; another release may make other files. */
export function newDatabaseFile(pgliteVersion: string): URL {
  return new URL(`./new-database-${pgliteVersion}.tar.gz`, import.meta.url);
}

/** The release of PGlite that is installed. */
export function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const manifest = readFileSync(join(dirname(entry), "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version; // as npm demands
}

/**
 * To be unpacked in place of running initdb, which takes more than twice the time and memory. `undefined` where PGlite
 * is another release than the one this package was built with.
 */
export function newDatabase(): Blob | undefined {
  const file = newDatabaseFile(pgliteVersion());
  if (!existsSync(file)) return undefined;
  return new Blob([readFileSync(file)], { type: "application/gzip" });
}
