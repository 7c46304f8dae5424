/** Starts PGlite on a data directory, making it first where there is none. */
import type { PGlite, PGliteOptions, protocol } from "@electric-sql/pglite";
import { DataDirectory } from "./data-directory.ts";
import { compileCode, type EngineCode } from "./engine-code.ts";
import { reportFullDisk, syncToDisk } from "./host-files.ts";
import { newDatabase } from "./new-database.ts";
import { ServerLog } from "./server-log.ts";
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
  readonly code: EngineCode;
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
  const log = new ServerLog();
  try {
    return await start(library, data, { onDiskFull, log });
  } catch (error) {
    throw log.reason === undefined ? error : new Error(log.reason, { cause: error });
  }
}

/** Where the database says what happens to it. */
interface Listeners {
  readonly onDiskFull: () => void;
  readonly log: ServerLog;
}

async function start(
  library: EmbeddedLibrary,
  data: ThreadData,
  listeners: Listeners,
): Promise<OpenedDatabase> {
  const { PGlite, protocol: wire } = library.pglite;
  const code = data.code ?? (await compileCode());
  const options: PGliteOptions = {
    ...optionsOf(library, data),
    pgliteWasmModule: code,
    onStderr: listeners.log.hear,
  };
  if (data.directory === undefined) {
    const database = await PGlite.create("memory://", { ...options, ...madeFrom(newDatabase()) });
    return { database, wire, code };
  }
  const place = new DataDirectory(data.directory);
  const isNew = place.prepare();
  const startedAt = performance.now();
  const isDurable = data.durability === "disk";
  const fs = hostFileSystem(library, place.path, { isDurable, onDiskFull: listeners.onDiskFull });
  const database = await PGlite.create({ ...options, ...(isNew && madeFrom(newDatabase())), fs });
  if (!isNew) return { database, wire, code };
  place.finish();
  return { database, wire, code, initdbMs: performance.now() - startedAt };
}

/** Without files PGlite runs initdb. */
function madeFrom(loadDataDir: Blob | undefined): Pick<PGliteOptions, "loadDataDir"> {
  return loadDataDir === undefined ? {} : { loadDataDir };
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
 * PGlite zeroes its buffers byte by byte when it opens: 8 MB take 0.05 s less than 16, and 0.25 s less than 64. Ingests of
 * 150 MB and drains of 50,000 jobs were no slower for it, since what they miss is in the system's file cache. The log's
 * files stay on the disk for reuse.
 */
const SETTINGS = ["shared_buffers=8MB", "max_wal_size=64MB", "min_wal_size=32MB"];
/**
 * `open_datasync` opens the log so that each write is on the disk when it returns. Large log buffers make that few
 * writes: a COPY of 1,000 vectors, which took 310 with the usual share of the shared buffers, takes a tenth of the time.
 */
const DURABLE_SETTINGS = ["wal_sync_method=open_datasync", "wal_buffers=8MB"];

/** PGlite's own parameters turn fsync off with `-F`. */
function optionsOf(library: EmbeddedLibrary, data: ThreadData): PGliteOptions {
  const isDurable = data.directory !== undefined && data.durability === "disk";
  const usual = library.pglite.PGlite.defaultStartParams.filter((word) => word !== "-F" || !isDurable);
  const settings = isDurable ? [...SETTINGS, ...DURABLE_SETTINGS] : SETTINGS;
  return {
    extensions: { vector: library.pgvector.vector },
    startParams: [...usual, ...settings.flatMap((setting) => ["-c", setting])],
  };
}
