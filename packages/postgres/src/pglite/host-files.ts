/** PGlite's data directory on a real disk: syncs that reach it, and a word as soon as it is full. */
import { fsyncSync } from "node:fs";
import type { PGlite } from "@electric-sql/pglite";

/** ENOSPC in Emscripten's numbering. */
const NO_SPACE = 51;

interface Stream {
  readonly nfd: number;
}

type StreamCall = (stream: Stream, ...rest: unknown[]) => number;

interface StreamOperations {
  write: StreamCall;
  fsync?: StreamCall;
}

/** The part of Emscripten's module that holds its view of the host's files. */
interface HostFiles {
  readonly NODEFS: {
    readonly stream_ops: StreamOperations;
    tryFSOperation(operation: () => void): void;
  };
}

/** Calls back whenever a write finds no space left. PostgreSQL itself may then never answer again. */
export function reportFullDisk(module: PGlite["Module"], onFull: () => void): void {
  const operations = hostFilesOf(module).NODEFS.stream_ops;
  const write = operations.write;
  operations.write = (stream, ...rest) => {
    try {
      return write(stream, ...rest);
    } catch (error) {
      if (error instanceof Object && "errno" in error && error.errno === NO_SPACE) onFull();
      throw error;
    }
  };
}

/** Makes PostgreSQL's fsync reach the disk: Emscripten's view of the host's files has none and answers "done". */
export function syncToDisk(module: PGlite["Module"]): void {
  const { NODEFS } = hostFilesOf(module);
  NODEFS.stream_ops.fsync = (stream) => {
    NODEFS.tryFSOperation(() => fsyncSync(stream.nfd));
    return 0;
  };
}

function hostFilesOf(module: PGlite["Module"]): HostFiles {
  // Emscripten publishes its file systems on the module, but the types do not say so.
  return (module.FS as unknown as { filesystems: HostFiles }).filesystems;
}
