/** Where PGlite's data files are, and whether they are whole. */
import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { syncFile, syncTree, writeSynced } from "./synced-files.ts";

/** The data files, and the mark that says an initdb over them never ended. */
export class DataDirectory {
  readonly path: string;
  readonly #parent: string;
  readonly #mark: string;

  constructor(parent: string) {
    this.#parent = parent;
    this.path = join(parent, "db");
    this.#mark = join(parent, "db.incomplete");
  }

  /** Whether the database must be made; what a killed initdb left behind is removed. */
  prepare(): boolean {
    if (existsSync(this.#mark)) rmSync(this.path, { recursive: true, force: true });
    if (existsSync(join(this.path, "PG_VERSION"))) {
      this.#removeEmptyLock();
      return false;
    }
    writeSynced(this.#mark, "initdb has not ended; the directory db beside this file is remade.\n");
    syncFile(this.#parent);
    return true;
  }

  /**
   * PostgreSQL makes its own lock file and then writes it. A process killed between the two leaves one that nobody owns,
   * and that no later start would take for a dead one's. Our lock says already that nobody else is in.
   */
  #removeEmptyLock(): void {
    const path = join(this.path, "postmaster.pid");
    if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path);
  }

  /** PGlite copies a new database file by file without syncing any: until then a commit could lose its tables. */
  finish(): void {
    syncTree(this.path);
    rmSync(this.#mark);
    syncFile(this.#parent);
  }
}
