/** Which encoding an HTML file is in, and its text. */
import { isUtf8 } from "node:buffer";
import { decodeText, decodeWindows1252 } from "../text-file.ts";

/** Where browsers look for a declaration. */
const PRESCAN_BYTES = 1_024;
const DECLARED = /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w:.+-]+)/i;
const XML_DECLARED = /^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([\w:.+-]+)["']/;

/**
 * The text of an HTML file, without its byte order mark. A mark decides; else what `<meta charset>`, its `http-equiv`
 * form or an XML declaration says within the first 1,024 bytes, where it names an encoding of the WHATWG's standard;
 * else the rule of plain text files. A file that declares UTF-16 in ASCII letters is UTF-8, as in browsers. Of UTF-8 and
 * Windows-1252, which are often declared wrongly, the bytes tell which it is.
 */
export function decodeHtml(bytes: Uint8Array): string {
  const encoding = isMarked(bytes) ? undefined : declaredEncoding(bytes);
  if (encoding === undefined || encoding === "utf-8" || encoding.startsWith("utf-16"))
    return decodeText(bytes);
  if (encoding === "windows-1252") return isUtf8(bytes) ? decodeText(bytes) : decodeWindows1252(bytes);
  return new TextDecoder(encoding).decode(bytes);
}

function isMarked(bytes: Uint8Array): boolean {
  const [first, second, third] = bytes;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isWide || (first === 0xef && second === 0xbb && third === 0xbf);
}

/** By its standard name; `undefined` where none is declared, or one that nobody knows. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, PRESCAN_BYTES)).toString("latin1");
  const label = (DECLARED.exec(head) ?? XML_DECLARED.exec(head))?.[1];
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
