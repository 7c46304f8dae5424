/** Where the program of the child processes lies, also when this code runs from its TypeScript source. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MillraceError } from "@millrace/core";

/**
 * The built child program.
 * @throws MillraceError `not-found` when the package was never built.
 */
export function childEntryPath(): string {
  const path = fileURLToPath(builtProgram());
  if (existsSync(path)) return path;
  throw new MillraceError("not-found", `the extraction program ${path} is missing: build the project first`);
}

/** Children are plain Node processes, which run no TypeScript: from source they run the build. */
function builtProgram(): URL {
  const here = import.meta.url;
  if (!here.endsWith(".ts")) return new URL("./child-entry.js", here);
  return new URL("dist/child-entry.js", here.slice(0, here.lastIndexOf("/src/") + 1));
}
