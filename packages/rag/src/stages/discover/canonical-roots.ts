/** Turns what a user typed into a list of places that means the same wherever and whenever it is read. */
import { realpath } from "node:fs/promises";
import { isAbsolute, resolve, sep } from "node:path";
import { MillraceError } from "@millrace/core";
import { escapePath, isDynamicPattern } from "tinyglobby";
import { isMissing } from "./inspect-entry.ts";
import { comparePaths } from "./path-order.ts";

/** A glob: the folder it starts in and the pattern below it. */
export interface Glob {
  readonly folder: string;
  readonly pattern: string;
}

/**
 * Files, folders and globs as absolute, link-free, sorted, distinct paths; globs stay globs. Idempotent.
 * @throws MillraceError `not-found` naming a path that does not exist; `bad-input` for an empty list, and for an
 * empty path, which may be a variable that was not set.
 */
export async function canonicalRoots(
  paths: readonly string[],
  options: { readonly folder?: string | undefined } = {},
): Promise<readonly string[]> {
  const folder = options.folder ?? process.cwd();
  if (paths.length === 0) throw new MillraceError("bad-input", "no files or folders were given");
  if (paths.includes("")) throw new MillraceError("bad-input", "a path is empty: write . for this folder");
  const roots = await Promise.all(paths.map((path) => canonicalRoot(path, folder)));
  return [...new Set(roots)].sort(comparePaths);
}

/** Takes a glob apart at the last folder that holds no pattern; `undefined` for a plain path. */
export function parseGlob(path: string): Glob | undefined {
  if (!isDynamicPattern(path)) return undefined;
  const magic = path.search(/[*?[\]{}()!+@\\]/);
  const cut = path.lastIndexOf("/", magic);
  return {
    folder: path.slice(0, Math.max(cut, 0)) || (isAbsolute(path) ? "/" : "."),
    pattern: path.slice(cut + 1),
  };
}

async function canonicalRoot(path: string, folder: string): Promise<string> {
  const absolute = resolve(folder, path);
  const found = await existing(absolute);
  if (found !== undefined) return found;
  const glob = parseGlob(path);
  const globFolder = glob === undefined ? undefined : await existing(resolve(folder, glob.folder));
  if (glob !== undefined && globFolder !== undefined) {
    return `${escapePath(globFolder.replace(/\/$/, ""))}/${glob.pattern}`;
  }
  const missing = glob === undefined ? absolute : resolve(folder, glob.folder);
  const details = { path: missing };
  throw new MillraceError("not-found", `there is no file or folder ${missing}: check the path`, { details });
}

/** The path without links. One that may not be looked at stays as it is, to be reported where it is read. */
async function existing(absolute: string): Promise<string | undefined> {
  try {
    return await realpath(absolute);
  } catch (error) {
    return isMissing(error) ? undefined : absolute.split("/").join(sep);
  }
}
