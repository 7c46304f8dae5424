/** Where the program of the processes lies, also when this code runs from its TypeScript source. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MillraceError } from "../../model/errors.ts";

/**
 * Path of the built program.
 * @throws MillraceError `not-found` when the package was never built.
 */
export function processProgram(): string {
  const path = fileURLToPath(builtProgram());
  if (existsSync(path)) return path;
  throw new MillraceError(
    "not-found",
    `the program ${path} of isolated jobs is missing: build the project first`,
  );
}

/** The processes are plain Node, which runs no TypeScript: from source they run the build. */
function builtProgram(): URL {
  const here = import.meta.url;
  if (!here.endsWith(".ts")) return new URL("./isolated-process.js", here);
  return new URL("dist/isolated-process.js", here.slice(0, here.lastIndexOf("/src/") + 1));
}
