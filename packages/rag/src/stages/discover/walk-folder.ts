/** Walks a folder in path order without holding more than one folder's names at a time. */
import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DocumentKind } from "../../ports/document-type.ts";
import type { DiscoveredItem } from "./discovered-item.ts";
import { inspectEntry, isSkippedName, unlessVanished } from "./inspect-entry.ts";
import { compareNames, comparePaths, isWithin } from "./path-order.ts";

/** Entries inspected at once. */
const BATCH = 32;

/** Where a walk starts and resumes. */
export interface WalkOptions {
  /** The folder links must stay in. */
  readonly root: string;
  /** Only what comes after this path; folders wholly before it are not opened. */
  readonly after: string | undefined;
  /** What counts as a document. */
  readonly kinds: readonly DocumentKind[];
  readonly signal: AbortSignal;
}

/** Everything in `folder` and below, hidden names and `node_modules` left out. */
export async function* walkFolder(folder: string, options: WalkOptions): AsyncGenerator<DiscoveredItem> {
  options.signal.throwIfAborted();
  const entries = await readSorted(folder);
  if (!Array.isArray(entries)) {
    if (entries !== undefined && isAfter(folder, options.after)) yield entries;
    return;
  }
  for (const step of steps(folder, entries)) {
    if (Array.isArray(step)) yield* inspectAll(laterOnly(step, options), options);
    else if (mayHoldLater(step, options.after)) yield* walkFolder(step, options);
  }
}

/** The paths of a folder in order: runs of entries to inspect, and between them single folders to enter. */
function* steps(folder: string, entries: readonly Dirent[]): Generator<string[] | string> {
  let run: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory() && run.push(path) < BATCH) continue;
    yield run;
    run = [];
    if (entry.isDirectory()) yield path;
  }
  yield run;
}

async function readSorted(folder: string): Promise<Dirent[] | DiscoveredItem | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const kept = entries.filter((entry) => !isSkippedName(entry.name));
    return kept.sort((left, right) => compareNames(left.name, right.name));
  } catch (error) {
    return unlessVanished(folder, error);
  }
}

/** The findings for these paths, in their order. */
export async function* inspectAll(
  paths: readonly string[],
  { root, kinds, signal }: WalkOptions,
): AsyncGenerator<DiscoveredItem> {
  signal.throwIfAborted();
  for (const item of await Promise.all(paths.map((path) => inspectEntry(path, { root, kinds })))) {
    if (item !== undefined) yield item;
  }
}

function laterOnly(paths: readonly string[], { after }: WalkOptions): readonly string[] {
  return after === undefined ? paths : paths.filter((path) => isAfter(path, after));
}

/** Whether `path` comes after the cursor. */
export function isAfter(path: string, after: string | undefined): boolean {
  return after === undefined || comparePaths(path, after) > 0;
}

function mayHoldLater(folder: string, after: string | undefined): boolean {
  return after === undefined || isWithin(after, folder) || isAfter(folder, after);
}
