/** Files that are there whole or not at all, whatever dies while they are written. */
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Bytes gathered before they are written. */
const WRITE_BYTES = 1_048_576;

/**
 * Writes a file beside its place and moves it there once it is on the disk; the move is, too, when it resolves. A file
 * that was there is replaced. Gives its bytes. Pieces are taken as they are written.
 */
export async function writeWhole(
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  /** Asked when all is written: throws where the file must not be moved any more. */
  confirm?: () => Promise<void>,
): Promise<number> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`;
  try {
    const bytes = await writeSynced(beside, pieces);
    await confirm?.();
    await rename(beside, path);
    await syncFolder(dirname(path));
    return bytes;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function writeSynced(
  path: string,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<number> {
  const file = await open(path, "wx");
  let bytes = 0;
  try {
    for await (const gathered of gatheredPieces(pieces)) {
      await file.writeFile(gathered);
      bytes += gathered.byteLength;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return bytes;
}

async function* gatheredPieces(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Buffer, void, void> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    const next = typeof piece === "string" ? Buffer.from(piece) : piece;
    held.push(next);
    bytes += next.byteLength;
    if (bytes < WRITE_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** Puts a folder's names on the disk: without it a power cut may undo a move. Not every system lets one be opened. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync();
  } catch (error) {
    refuseUnlessUnable(error);
  } finally {
    await folder.close();
  }
}

/** Some file systems have no such thing for folders, and say so; anything else is a disk in trouble. @throws the error */
export function refuseUnlessUnable(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException; // of the file system
  if (code !== "EINVAL" && code !== "EPERM") throw error;
}
