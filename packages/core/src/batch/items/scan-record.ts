/** Finds the end of one CSV record in bytes. */

/** What was found from the start of a record on. */
export type Scan =
  /** A whole record: where each field ends, and where the next record begins. */
  | {
      readonly kind: "record";
      readonly ends: readonly number[];
      readonly next: number;
      readonly isQuoted: boolean;
    }
  /** None: the byte that should not be there, and why. */
  | { readonly kind: "wrong"; readonly at: number; readonly message: string }
  /** Its end is not among these bytes. */
  | { readonly kind: "open" };

/** How a record is scanned. */
export interface ScanOptions {
  /** One byte. */
  readonly delimiter: number;
  /** Whether the bytes end where the file does. */
  readonly isLast: boolean;
}

export const QUOTE = 0x22;
export const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Scans from the first byte of `bytes` on, which a record begins with. RFC 4180, lines ending with LF or CRLF. */
export function scanRecord(bytes: Buffer, options: ScanOptions): Scan {
  const ends: number[] = [];
  let isQuoted = false;
  for (let start = 0; ; ) {
    const inQuotes = bytes[start] === QUOTE;
    isQuoted ||= inQuotes;
    const end = inQuotes
      ? quotedEnd(bytes, start, options.isLast)
      : plainEnd(bytes, start, options.delimiter);
    if (end === undefined) return { kind: "open" };
    if (bytes[end] !== options.delimiter) return lineEnd(bytes, end, { ...options, ends, isQuoted });
    ends.push(end);
    start = end + 1;
  }
}

interface LastField extends ScanOptions {
  /** Of the fields before. */
  readonly ends: readonly number[];
  readonly isQuoted: boolean;
}

/** What stands behind the last field. */
function lineEnd(bytes: Buffer, end: number, { ends, isQuoted, isLast }: LastField): Scan {
  const next = afterLine(bytes, end);
  if (next !== undefined) return { kind: "record", ends: [...ends, end], next, isQuoted };
  if (end < bytes.byteLength && !mayEndLine(bytes, end)) return wrongAt(bytes, end);
  if (!isLast) return { kind: "open" };
  return { kind: "record", ends: [...ends, bytes.byteLength], next: bytes.byteLength, isQuoted };
}

/** Behind the quote that closes the field; `undefined` while that may not be among these bytes. */
function quotedEnd(bytes: Buffer, opening: number, isLast: boolean): number | undefined {
  const closing = closingQuote(bytes, opening);
  return closing === undefined || (closing + 1 === bytes.byteLength && !isLast) ? undefined : closing + 1;
}

/** The quote that closes the field; quotes within it are written twice. */
function closingQuote(bytes: Buffer, opening: number): number | undefined {
  for (let at = bytes.indexOf(QUOTE, opening + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 2)) {
    if (bytes[at + 1] !== QUOTE) return at;
  }
  return undefined;
}

/** Where a field without quotes ends: at a delimiter, a line's end, a quote that should not be there, or nowhere yet. */
function plainEnd(bytes: Buffer, start: number, delimiter: number): number {
  for (let at = start; at < bytes.byteLength; at += 1) {
    const byte = bytes[at];
    if (byte === delimiter || byte === LINE_FEED || byte === QUOTE) return at;
    if (byte === CARRIAGE_RETURN && (bytes[at + 1] === LINE_FEED || at + 1 === bytes.byteLength)) return at;
  }
  return bytes.byteLength;
}

function afterLine(bytes: Buffer, at: number): number | undefined {
  if (bytes[at] === LINE_FEED) return at + 1;
  return bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED ? at + 2 : undefined;
}

/** A carriage return that nothing follows yet. */
function mayEndLine(bytes: Buffer, at: number): boolean {
  return bytes[at] === CARRIAGE_RETURN && at + 1 === bytes.byteLength;
}

function wrongAt(bytes: Buffer, at: number): Scan {
  const message =
    bytes[at] === QUOTE
      ? "it has a quote inside a field that does not begin with one"
      : "it has text behind a closing quote";
  return { kind: "wrong", at, message };
}
