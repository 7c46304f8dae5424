/** A file's bytes from any place on, a block at a time and never ahead of who asks for them. */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { ClassedError } from "../../model/errors.ts";

/** Bytes read at once. */
const BLOCK_BYTES = 65_536;

const LINE_FEED = 0x0a;

/** Which bytes are read. */
export interface BlockOptions {
  /** The first of them; of a compressed file, in what it holds. */
  readonly from: number;
  readonly signal: AbortSignal;
}

/**
 * The file's bytes from `from` on, of a name that ends in `.gz` those it holds. A plain file is read from that very
 * place; a compressed one has to be unpacked from its start.
 * @throws ClassedError of class validation where the file has changed so that no line begins at `from`, or is no gzip.
 */
export function fileBlocks(path: string, options: BlockOptions): AsyncGenerator<Buffer, void, void> {
  return path.endsWith(".gz") ? unpackedBlocks(path, options) : plainBlocks(path, options);
}

async function* plainBlocks(
  path: string,
  { from, signal }: BlockOptions,
): AsyncGenerator<Buffer, void, void> {
  const file = await open(path);
  try {
    if (from > 0) await requireLineAt(file, path, from);
    for (let at = from; ; ) {
      signal.throwIfAborted();
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(BLOCK_BYTES), 0, BLOCK_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** A last line may have no end: then the file ends there, or what was added begins another. */
async function requireLineAt(file: FileHandle, path: string, from: number): Promise<void> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, from - 1);
  const isLine = size === from || (bytesRead === 1 && buffer[0] === LINE_FEED);
  if (size < from || !isLine) throw changed(path, from);
}

async function* unpackedBlocks(
  path: string,
  { from, signal }: BlockOptions,
): AsyncGenerator<Buffer, void, void> {
  const unpacked: Readable = createGunzip({ chunkSize: BLOCK_BYTES });
  pipeline(createReadStream(path), unpacked as ReturnType<typeof createGunzip>, () => undefined); // told by `unpacked`
  let passed = 0;
  try {
    for await (const chunk of unpacked) {
      signal.throwIfAborted();
      const block = chunk as Buffer; // the stream has no encoding set
      const skipped = Math.min(Math.max(from - passed, 0), block.byteLength);
      passed += block.byteLength;
      if (skipped < block.byteLength) yield block.subarray(skipped);
    }
  } catch (error) {
    throw isGzipTrouble(error) ? notGzip(path, error) : error;
  }
  if (passed < from) throw changed(path, from);
}

function isGzipTrouble(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

function notGzip(path: string, cause: Error): ClassedError {
  const message = `${path} is no whole gzip file: ${cause.message}`;
  return new ClassedError("validation", "malformed", message, cause);
}

function changed(path: string, from: number): ClassedError {
  return new ClassedError(
    "validation",
    "changed",
    `${path} has changed since it was read up to byte ${from}: put the old file back, or start a new run`,
  );
}
