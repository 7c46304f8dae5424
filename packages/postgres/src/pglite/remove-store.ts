/** Removing an embedded store: the database's files, and its folder where nothing else is in it. */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LockFile } from "./lock-file.ts";

/** What a store's folder holds beside its lock: the database, and the mark of one that was never finished. */
const FILES = ["db", "db.incomplete"] as const;

/** Whether a store is in this folder, whole or not. */
export function hasEmbeddedStore(directory: string): boolean {
  return FILES.some((name) => existsSync(join(directory, name)));
}

/**
 * Removes the store from the folder, under its lock, and then the folder; gives what else is in that, which is kept.
 * @throws MillraceError `store-locked` naming the process that has it.
 */
export function removeEmbeddedStore(directory: string): readonly string[] {
  const lock = LockFile.take(directory);
  try {
    for (const name of FILES) rmSync(join(directory, name), { recursive: true, force: true });
  } finally {
    lock.release();
  }
  const left = readdirSync(directory);
  if (left.length === 0) rmdirSync(directory);
  return left;
}
