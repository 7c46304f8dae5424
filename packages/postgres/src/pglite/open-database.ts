/** Starts PGlite on a data directory, making it first where there is none. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PGlite, PGliteOptions, protocol } from "@electric-sql/pglite";
import { reportFullDisk, syncToDisk } from "./host-files.ts";
import { syncFile, syncTree, writeSynced } from "./synced-files.ts";
import type { ThreadData } from "./thread-messages.ts";

/** PGlite, found or not. Its packages are optional: who uses a server need not install them. */
export interface EmbeddedLibrary {
  readonly pglite: typeof import("@electric-sql/pglite");
  readonly nodefs: typeof import("@electric-sql/pglite/nodefs");
  readonly pgvector: typeof import("@electric-sql/pglite-pgvector");
}

/** A started database. */
export interface OpenedDatabase {
  readonly database: PGlite;
  readonly wire: typeof protocol;
  readonly initdbMs?: number | undefined;
}

/** Loads PGlite and its vector extension. */
export async function loadLibrary(): Promise<EmbeddedLibrary> {
  const [pglite, nodefs, pgvector] = await Promise.all([
    import("@electric-sql/pglite"),
    import("@electric-sql/pglite/nodefs"),
    import("@electric-sql/pglite-pgvector"),
  ]);
  return { pglite, nodefs, pgvector };
}

/** Starts the database; `onDiskFull` is called at any later time a write finds no space. */
export async function openDatabase(
  library: EmbeddedLibrary,
  data: ThreadData,
  onDiskFull: () => void,
): Promise<OpenedDatabase> {
  const { PGlite, protocol: wire } = library.pglite;
  if (data.directory === undefined)
    return { database: await PGlite.create("memory://", optionsOf(library, data)), wire };
  const place = new DataDirectory(data.directory);
  const isNew = place.prepare();
  const startedAt = performance.now();
  const fs = hostFileSystem(library, place.path, { isDurable: data.durability === "disk", onDiskFull });
  const database = await PGlite.create({ ...optionsOf(library, data), fs });
  if (!isNew) return { database, wire };
  place.finish();
  return { database, wire, initdbMs: performance.now() - startedAt };
}

/** The data files, and the mark that says an initdb over them never ended. */
class DataDirectory {
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

function hostFileSystem(
  library: EmbeddedLibrary,
  path: string,
  how: { readonly isDurable: boolean; readonly onDiskFull: () => void },
): NonNullable<PGliteOptions["fs"]> {
  const files = new library.nodefs.NodeFS(path);
  const init = files.init.bind(files);
  files.init = async (database, options) => {
    const { emscriptenOpts } = await init(database, options);
    const prepare = (module: PGlite["Module"]): void => {
      if (how.isDurable) syncToDisk(module);
      reportFullDisk(module, how.onDiskFull);
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), prepare] } };
  };
  return files;
}

/**
 * `-F` turns fsync off. `open_datasync` opens the log so that each write is on the disk when it returns. The log is kept
 * short: its files stay on the disk for reuse.
 */
function optionsOf(library: EmbeddedLibrary, data: ThreadData): PGliteOptions {
  const isDurable = data.directory !== undefined && data.durability === "disk";
  const usual = library.pglite.PGlite.defaultStartParams.filter((word) => word !== "-F" || !isDurable);
  const settings = [
    "max_wal_size=64MB",
    "min_wal_size=32MB",
    ...(isDurable ? ["wal_sync_method=open_datasync"] : []),
  ];
  return {
    extensions: { vector: library.pgvector.vector },
    startParams: [...usual, ...settings.flatMap((setting) => ["-c", setting])],
  };
}
