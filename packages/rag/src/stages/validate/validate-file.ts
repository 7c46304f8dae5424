/** Checks that a file is what it claims to be and may be read, and takes the hash of its content. */
import { createHash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import { type DocumentKind, kindByName } from "../../ports/document-type.ts";
import {
  DocumentError,
  type DocumentFile,
  type DocumentFormat,
  documentFailure,
} from "../../ports/extractor.ts";
import { BUILT_IN_KINDS } from "../types/built-in-kinds.ts";

/** The largest file read where no limit is given: 512 MiB. */
export const DEFAULT_MAX_FILE_BYTES = 536_870_912;

/** A named pipe would otherwise be waited on for ever. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;
const HEAD_BYTES = 65_536;
const READ_BYTES = 1_048_576;

/** A file that can be read, and the SHA-256 of its bytes in hexadecimal. */
export interface ValidatedFile extends DocumentFile {
  readonly contentHash: string;
}

/** How a file is validated. */
export interface ValidateOptions {
  readonly signal: AbortSignal;
  /** Larger files are `too-large`. Default {@link DEFAULT_MAX_FILE_BYTES}. */
  readonly maxBytes?: number | undefined;
  /** The types there are; the built-in ones where left out. */
  readonly kinds?: readonly DocumentKind[] | undefined;
}

/**
 * The file's true format, size and content hash. Holds one megabyte at a time. Whether a PDF is encrypted only its
 * parser can say.
 * @throws DocumentError `unreadable`, `unsupported`, `empty`, `too-large` or `malformed`; the signal's reason when
 * aborted.
 */
export async function validateFile(path: string, options: ValidateOptions): Promise<ValidatedFile> {
  options.signal.throwIfAborted();
  try {
    const file = await open(path, READ_WITHOUT_WAITING);
    try {
      const bytes = await checkSize(file, { path, maxBytes: options.maxBytes ?? DEFAULT_MAX_FILE_BYTES });
      // Room for a byte more than it should have: most files are read to their end by one call.
      const buffer = Buffer.allocUnsafe(Math.min(bytes + 1, READ_BYTES));
      const first = await readAt(file, buffer, 0);
      const format = checkFormat(path, first.subarray(0, HEAD_BYTES), options.kinds ?? BUILT_IN_KINDS);
      const contentHash = await hashContent(file, { bytes, buffer, first, signal: options.signal });
      return { path, bytes, format, contentHash };
    } finally {
      await file.close();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof DocumentError) throw error;
    throw documentFailure({ path, reason: "unreadable", why: String(error), cause: error });
  }
}

async function checkSize(
  file: FileHandle,
  { path, maxBytes }: { readonly path: string; readonly maxBytes: number },
): Promise<number> {
  const stats = await file.stat();
  if (!stats.isFile()) throw documentFailure({ path, reason: "unsupported", why: "it is no regular file" });
  if (stats.size === 0) throw documentFailure({ path, reason: "empty", why: "it has no bytes" });
  if (stats.size <= maxBytes) return stats.size;
  const why = `it has ${stats.size} bytes, the limit is ${maxBytes}`;
  throw documentFailure({ path, reason: "too-large", why });
}

/** The bytes decide; the name only says what to expect of them. */
function checkFormat(path: string, head: Uint8Array, kinds: readonly DocumentKind[]): DocumentFormat {
  const expected = kindByName(kinds, path);
  const refusal = expected?.magic.refuse(head);
  const claimed = kinds.findLast((kind) => isClaimedBy(kind, head, expected));
  if (claimed !== undefined) return claimed.format;
  if (expected !== undefined && refusal === undefined) return expected.format;
  const formats = kinds.map(({ format }) => format).join(", ");
  const why = `only files of these types can be read: ${formats}`;
  throw documentFailure({ path, ...(refusal ?? { reason: "unsupported", why }) });
}

/** A type in whose place another of that extension was put has no say about its files. */
function isClaimedBy(kind: DocumentKind, head: Uint8Array, expected: DocumentKind | undefined): boolean {
  if (kind.magic.claims?.(head) !== true) return false;
  return !kind.extensions.some((extension) => expected !== kind && expected?.extensions.includes(extension));
}

/** What is to be hashed: a file of so many bytes, of which the first are read into the buffer. */
interface Hashing {
  readonly bytes: number;
  readonly buffer: Buffer;
  readonly first: Buffer;
  readonly signal: AbortSignal;
}

async function hashContent(file: FileHandle, { bytes, buffer, first, signal }: Hashing): Promise<string> {
  const hash = createHash("sha256");
  let position = 0;
  for (let part = first; part.length > 0; part = await readAt(file, buffer, position)) {
    signal.throwIfAborted();
    hash.update(part);
    position += part.length;
    const isWhole = position === bytes && part.length < buffer.length;
    if (isWhole) break;
  }
  return hash.digest("hex");
}

async function readAt(file: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  const { bytesRead } = await file.read({ buffer, position });
  return buffer.subarray(0, bytesRead);
}
