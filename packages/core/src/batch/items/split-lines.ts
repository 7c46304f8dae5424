/** Bytes as lines with their places, one line and one block held at most. */
import { ClassedError, MillraceError } from "../../model/errors.ts";

/** Where reading stands between two lines: the next one's first byte and its number, from 1. */
export interface LinePlace {
  readonly offset: number;
  readonly line: number;
}

/** The start of a file. */
export const FIRST_LINE: LinePlace = Object.freeze({ offset: 0, line: 1 });

/** A place as a cursor: `<offset>:<line>`. */
export function cursorOf({ offset, line }: LinePlace): string {
  return `${offset}:${line}`;
}

/** A cursor as the place it is. @throws MillraceError `bad-input` for one that was not made here. */
export function placeOf(cursor: string): LinePlace {
  const [, offset, line] = /^(\d+):(\d+)$/.exec(cursor) ?? [];
  if (offset !== undefined && line !== undefined) return { offset: Number(offset), line: Number(line) };
  throw new MillraceError("bad-input", `"${cursor}" is no place in a file: it takes <offset>:<line>`);
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes. @throws ClassedError of class validation where they are not UTF-8. */
export function utf8(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch (error) {
    throw notUtf8(error);
  }
}

function notUtf8(cause: unknown): ClassedError {
  return new ClassedError("validation", "not-utf-8", "it is not UTF-8", cause);
}

/** A line without its end. */
export interface RawLine {
  /** Its number, from 1. */
  readonly line: number;
  /** Absent where the line is longer than the limit. */
  readonly bytes: Buffer | undefined;
  /** The line; of one that is longer than the limit as much as that, 1,024 bytes at most. */
  readonly head: Buffer;
  /** How long it is. */
  readonly size: number;
  /** Where the next one begins. */
  readonly next: LinePlace;
}

/** What is kept of a line that is too long. */
const HEAD_BYTES = 1_024;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_MARKS: readonly Buffer[] = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/**
 * The lines of the blocks, which begin at `from`. Lines end with LF or CRLF; the last one may do without. A byte order
 * mark at the start of the file is no part of its line. Of a line longer than `maxBytes` only the length is kept.
 * @throws ClassedError of class validation for UTF-16.
 */
export async function* splitLines(
  blocks: AsyncIterable<Buffer>,
  { from, maxBytes }: { readonly from: LinePlace; readonly maxBytes: number },
): AsyncGenerator<RawLine, void, void> {
  const held = new HeldLine(maxBytes);
  let { offset, line } = from;
  for await (const block of blocks) {
    let start = 0;
    for (let end = block.indexOf(LINE_FEED); end !== -1; end = block.indexOf(LINE_FEED, start)) {
      held.add(block.subarray(start, end));
      start = end + 1;
      offset += held.total + 1;
      yield held.take(line, { offset, line: line + 1 });
      line += 1;
    }
    held.add(block.subarray(start));
  }
  if (held.total > 0) yield held.take(line, { offset: offset + held.total, line: line + 1 });
}

/** The line that is being read. */
class HeldLine {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #head: Buffer | undefined;
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get #headBytes(): number {
    return Math.min(this.#maxBytes, HEAD_BYTES);
  }

  /** Its bytes so far, kept or not. */
  get total(): number {
    return this.#total;
  }

  add(piece: Buffer): void {
    if (piece.byteLength === 0) return;
    this.#total += piece.byteLength;
    if (this.#head !== undefined) return;
    this.#pieces.push(piece);
    if (this.#total <= this.#maxBytes + UTF8_MARK.byteLength + 1) return;
    this.#head = Buffer.from(Buffer.concat(this.#pieces).subarray(0, this.#headBytes));
    this.#pieces = [];
  }

  take(line: number, next: LinePlace): RawLine {
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    const held = this.#head === undefined ? trimmed(whole, line) : this.#head;
    const size = this.#head === undefined ? held.byteLength : this.#total;
    this.#pieces = [];
    this.#head = undefined;
    this.#total = 0;
    if (size <= this.#maxBytes) return { line, bytes: held, head: held, size, next };
    return { line, bytes: undefined, head: held.subarray(0, this.#headBytes), size, next };
  }
}

function trimmed(bytes: Buffer, line: number): Buffer {
  const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.byteLength - 1 : bytes.byteLength;
  return bytes.subarray(line === 1 ? markOf(bytes) : 0, end);
}

/** Bytes of the byte order mark that a file begins with. */
export function markOf(bytes: Buffer): number {
  if (UTF16_MARKS.some((mark) => bytes.subarray(0, mark.byteLength).equals(mark))) {
    throw new ClassedError("validation", "unsupported", "the file is UTF-16: convert it to UTF-8 first");
  }
  return bytes.subarray(0, UTF8_MARK.byteLength).equals(UTF8_MARK) ? UTF8_MARK.byteLength : 0;
}
