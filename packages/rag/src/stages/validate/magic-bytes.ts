/** What a file is, judged by its first bytes. */

/** Bytes within which a PDF says that it is one: readers allow some rubbish before. */
export const PDF_HEADER_BYTES = 1_024;

const PDF_MARK = "%PDF-";
/** More control characters than one in so many bytes: not text. */
const TEXT_BYTES_PER_CONTROL = 20;
/** So many are forgiven in any file: they are stripped. */
const FORGIVEN_CONTROLS = 4;
const BLANKS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b]);

/** Whether these first bytes of a file are those of a PDF. */
export function holdsPdf(head: Uint8Array): boolean {
  return asLatin(head.subarray(0, PDF_HEADER_BYTES)).includes(PDF_MARK);
}

/** Whether a file starts as a PDF with nothing before it, whatever its name says. */
export function startsAsPdf(head: Uint8Array): boolean {
  return asLatin(head.subarray(0, PDF_MARK.length)) === PDF_MARK;
}

/** Whether these first bytes cannot be text: too many NULs and control characters. UTF-16 needs its byte order mark. */
export function looksBinary(head: Uint8Array): boolean {
  const marked = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (marked) return false;
  let controls = 0;
  for (const byte of head) if (byte < 0x20 && !BLANKS.has(byte)) controls += 1;
  return controls > FORGIVEN_CONTROLS && controls * TEXT_BYTES_PER_CONTROL > head.length;
}

function asLatin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
