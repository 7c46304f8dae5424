/** Reads plain text and Markdown files, whatever their encoding. */
import { readFile } from "node:fs/promises";
import { type DocumentFile, documentFailure } from "../../ports/extractor.ts";
import { cleanText } from "./clean-text.ts";

/**
 * The whole file as text, cleaned. A byte order mark decides between UTF-8 and UTF-16; without one it is UTF-8, or
 * Windows-1252 where more of its non-ASCII bytes are broken than sound as UTF-8. A few broken bytes in sound UTF-8
 * become U+FFFD.
 * @throws DocumentError `too-large`, `empty` or `unreadable`; the signal's reason when aborted.
 */
export async function readTextFile(
  file: DocumentFile,
  options: { readonly signal: AbortSignal; readonly maxBytes: number },
): Promise<string> {
  options.signal.throwIfAborted();
  if (file.bytes > options.maxBytes) {
    const why = `${file.bytes} bytes of text, the limit is ${options.maxBytes}`;
    throw documentFailure({ path: file.path, reason: "too-large", why });
  }
  const text = cleanText(decodeText(await readBytes(file.path, options.signal)));
  if (text.trim() === "") throw documentFailure({ path: file.path, reason: "empty", why: "it has no text" });
  return text;
}

/** Bytes of unknown encoding as text, by the rule of {@link readTextFile}. */
export function decodeText(bytes: Uint8Array): string {
  const marked = encodingByMark(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  const text = new TextDecoder().decode(bytes);
  const broken = count(text, /\uFFFD/g);
  if (broken === 0) return text;
  const sound = count(text, /[^\p{ASCII}\uFFFD]/gu);
  return broken > sound ? decodeWindows1252(bytes) : text;
}

/** 0x80…0x9f, by themselves where the code page leaves them out. Node 20's own decoder takes it for ISO-8859-1. */
const WINDOWS_1252_HIGH = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/** Bytes of Windows-1252 as text. */
export function decodeWindows1252(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return text.replace(/[\u0080-\u009f]/g, (high) => WINDOWS_1252_HIGH[high.charCodeAt(0) - 0x80] ?? high);
}

function encodingByMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return undefined;
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _ of text.matchAll(pattern)) found += 1;
  return found;
}

async function readBytes(path: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw documentFailure({ path, reason: "unreadable", why: String(error), cause: error });
  }
}
