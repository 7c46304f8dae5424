/** Where the program of the child processes lies, also when this code runs from its TypeScript source. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";

/**
 * The compiled child program.
 * @throws MillraceError `not-found` when the package was never built.
 */
export function childEntryPath(): string {
  const path = compiledPath(fileURLToPath(new URL("./child-entry.js", import.meta.url)));
  if (existsSync(path)) return path;
  throw new MillraceError("not-found", `the extraction program ${path} is missing: build the project first`);
}

/** Children are plain Node processes: from source they run the build beside it. */
function compiledPath(path: string): string {
  if (!import.meta.url.endsWith(".ts")) return path;
  const at = path.lastIndexOf("/src/");
  return at < 0 ? path : `${path.slice(0, at)}/dist/${path.slice(at + "/src/".length)}`;
}
