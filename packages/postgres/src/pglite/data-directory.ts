/** Where PGlite's data files are, and whether they are whole. */
import { existsSync, rmSync } from "node:fs";
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
    if (existsSync(join(this.path, "PG_VERSION"))) return false;
    writeSynced(this.#mark, "initdb has not ended; the directory db beside this file is remade.\n");
    syncFile(this.#parent);
    return true;
  }

  /** PGlite copies a new database file by file without syncing any: until then a commit could lose its tables. */
  finish(): void {
    syncTree(this.path);
    rmSync(this.#mark);
    syncFile(this.#parent);
  }
}
