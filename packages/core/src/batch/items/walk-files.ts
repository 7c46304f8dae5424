/** Walks a folder's files in one order that a restart can go on from, one folder's names held at a time. */
import type { Dirent } from "node:fs";
import { lstat, readdir, realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** What is found, by its path below the root, with slashes. Paths rise in the order of {@link comparePaths}. */
export type Found =
  | { readonly kind: "file"; readonly name: string; readonly bytes: number; readonly modifiedAtMs: number }
  /** Something that is left alone: no file, or a link that leads outside or nowhere. */
  | { readonly kind: "ignored"; readonly name: string }
  /** A file or folder the system would not show; `why` in its words. */
  | { readonly kind: "unreadable"; readonly name: string; readonly why: string };

/** How a folder is walked. */
export interface WalkOptions {
  /** Absolute and free of links. */
  readonly root: string;
  /** Only what comes behind this path; folders wholly before it are not opened. */
  readonly after: string | undefined;
  /** Whether names that begin with a dot are looked at. */
  readonly hidden: boolean;
  /** Whether a file of this path is wanted. */
  isWanted(name: string): boolean;
  readonly signal: AbortSignal;
}

/** Entries looked at at once. */
const BATCH = 32;

/**
 * What `isWanted` and is below the root. Links to what is inside it are passed over: that is found under its own name.
 * What vanishes meanwhile is, too.
 */
export function walkFiles(options: WalkOptions): AsyncGenerator<Found, void, void> {
  return walk("", options);
}

/** Negative where `left` comes first: folder by folder, each name by its bytes in UTF-8. */
export function comparePaths(left: string, right: string): number {
  const lefts = left.split("/");
  const rights = right.split("/");
  for (const [index, name] of lefts.entries()) {
    const other = rights[index];
    if (other === undefined) break;
    const order = compareNames(name, other);
    if (order !== 0) return order;
  }
  return lefts.length - rights.length;
}

function compareNames(left: string, right: string): number {
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}

async function* walk(folder: string, options: WalkOptions): AsyncGenerator<Found, void, void> {
  options.signal.throwIfAborted();
  const entries = await entriesOf(folder, options);
  if (!Array.isArray(entries)) {
    if (entries !== undefined && isBehind(folder, options.after)) yield entries;
    return;
  }
  for (const step of steps(folder, entries, options)) {
    if (typeof step !== "string") yield* lookAt(step, options);
    else if (mayHoldLater(step, options.after)) yield* walk(step, options);
  }
}

/** A folder's entries in order; what became of it where it cannot be read; the root's own trouble is the caller's. */
async function entriesOf(
  folder: string,
  { root, hidden }: WalkOptions,
): Promise<Dirent[] | Found | undefined> {
  try {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    return entries
      .filter(({ name }) => hidden || !name.startsWith("."))
      .sort((left, right) => compareNames(left.name, right.name));
  } catch (error) {
    if (folder === "") throw error;
    return unlessVanished(folder, error);
  }
}

/** A folder's content in order: runs of entries to look at, and between them single folders to enter. */
function* steps(
  folder: string,
  entries: readonly Dirent[],
  { after, isWanted }: WalkOptions,
): Generator<string[] | string> {
  let run: string[] = [];
  for (const entry of entries) {
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      yield run;
      run = [];
      yield name;
    } else if (isBehind(name, after) && isWanted(name)) run.push(name);
    if (run.length < BATCH) continue;
    yield run;
    run = [];
  }
  yield run;
}

async function* lookAt(names: readonly string[], options: WalkOptions): AsyncGenerator<Found, void, void> {
  options.signal.throwIfAborted();
  for (const found of await Promise.all(names.map((name) => inspect(name, options)))) {
    if (found !== undefined) yield found;
  }
}

async function inspect(name: string, { root }: WalkOptions): Promise<Found | undefined> {
  try {
    const path = join(root, name);
    const stats = await lstat(path);
    if (stats.isSymbolicLink()) return await inspectLink(name, path, root);
    if (!stats.isFile()) return { kind: "ignored", name };
    return { kind: "file", name, bytes: stats.size, modifiedAtMs: Math.round(stats.mtimeMs) };
  } catch (error) {
    return unlessVanished(name, error);
  }
}

async function inspectLink(name: string, path: string, root: string): Promise<Found | undefined> {
  const target = await realpath(path).catch(() => undefined);
  const isInside = target !== undefined && !relative(root, target).split(sep).includes("..");
  return isInside ? undefined : { kind: "ignored", name };
}

/** Nothing for what vanished meanwhile. A name that is no UTF-8 only seems to have: it cannot be asked for. */
function unlessVanished(name: string, error: unknown): Found | undefined {
  const isMissing =
    error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code));
  if (!isMissing) return { kind: "unreadable", name, why: String(error) };
  return name.includes("\uFFFD") ? { kind: "unreadable", name, why: "its name is not UTF-8" } : undefined;
}

function isBehind(name: string, after: string | undefined): boolean {
  return after === undefined || comparePaths(name, after) > 0;
}

function mayHoldLater(folder: string, after: string | undefined): boolean {
  return after === undefined || after.startsWith(`${folder}/`) || isBehind(folder, after);
}
