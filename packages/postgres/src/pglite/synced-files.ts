/** Files and folders whose content is on the disk before the call returns. */
import { closeSync, fsyncSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Syncs one file or directory. */
export function syncFile(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Syncs every file and directory below `path`, and itself. */
export function syncTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) syncTree(child);
    else if (entry.isFile()) syncFile(child);
  }
  syncFile(path);
}

/** Writes a file and syncs it. */
export function writeSynced(path: string, content: string): void {
  writeFileSync(path, content, { flush: true, mode: 0o600 });
}
