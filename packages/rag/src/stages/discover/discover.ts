/** Finds the documents under files, folders and globs, in one order that a restart can go on from. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { glob } from "tinyglobby";
import { type DocumentKind, kindByName } from "../../ports/document-type.ts";
import { BUILT_IN_KINDS } from "../types/built-in-kinds.ts";
import { canonicalRoots, type Glob, parseGlob } from "./canonical-roots.ts";
import type { DiscoveredItem } from "./discovered-item.ts";
import { isMissing } from "./inspect-entry.ts";
import { mergeByPath } from "./merge-by-path.ts";
import { comparePaths } from "./path-order.ts";
import { inspectAll, isAfter, type WalkOptions, walkFolder } from "./walk-folder.ts";

/** Matches of a glob inspected at once. */
const GLOB_BATCH = 32;

/** How a discovery resumes and ends. */
export interface DiscoverOptions {
  /** The path of the last item already handled: only later ones are found. */
  readonly after?: string | undefined;
  /** The types there are; the built-in ones where left out. */
  readonly kinds?: readonly DocumentKind[] | undefined;
  readonly signal: AbortSignal;
}

/**
 * Documents under `roots`, each path once however the roots overlap, in the order of `comparePaths`. Streams: only
 * one folder's names, or one glob's paths, are held at a time. Hidden names and `node_modules` are passed over.
 * Links are followed only inside their root and so never yield a path of their own.
 * @throws MillraceError `not-found` for a root that does not exist or a glob that matches nothing.
 */
export async function* discover(
  roots: readonly string[],
  options: DiscoverOptions,
): AsyncGenerator<DiscoveredItem> {
  const canonical = await canonicalRoots(roots);
  const { after, signal, kinds = BUILT_IN_KINDS } = options;
  const sources = canonical.map((root) => discoverRoot(root, { root, after, signal, kinds }));
  yield* mergeByPath(sources);
}

async function* discoverRoot(root: string, options: WalkOptions): AsyncGenerator<DiscoveredItem> {
  const stats = await look(root);
  if (stats instanceof Error) yield* discoverAbsent(stats, options);
  else if (stats.isDirectory()) yield* walkFolder(root, options);
  else if (isAfter(root, options.after)) {
    const { size: bytes, mtimeMs } = stats;
    yield {
      kind: "file",
      path: root,
      bytes,
      mtimeMs,
      named: true,
      format: kindByName(options.kinds, root)?.format,
    };
  }
}

async function look(path: string): Promise<Stats | Error> {
  try {
    return await stat(path);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A root that cannot be looked at: a glob, a path that has vanished, or one we may not see. */
async function* discoverAbsent(error: Error, options: WalkOptions): AsyncGenerator<DiscoveredItem> {
  const { root, after } = options;
  const found = parseGlob(root);
  if (!isMissing(error)) {
    if (isAfter(root, after)) yield { kind: "unreadable", path: root, why: String(error) };
  } else if (found !== undefined) yield* expandGlob(found, options);
  else throw new MillraceError("not-found", `there is no file or folder ${root}`, { cause: error });
}

async function* expandGlob(found: Glob, options: WalkOptions): AsyncGenerator<DiscoveredItem> {
  const { root, after } = options;
  const paths = await glob(found.pattern, {
    cwd: found.folder,
    absolute: true,
    onlyFiles: true,
    expandDirectories: false,
    followSymbolicLinks: false,
    ignore: ["**/node_modules/**"],
    signal: options.signal,
  });
  if (paths.length === 0) throw new MillraceError("not-found", `no file matches ${root}: check the pattern`);
  const later = paths.filter((path) => isAfter(path, after)).sort(comparePaths);
  for (let from = 0; from < later.length; from += GLOB_BATCH) {
    yield* inspectAll(later.slice(from, from + GLOB_BATCH), { ...options, root: found.folder });
  }
}
