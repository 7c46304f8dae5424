/** JSON from outside: one document, or a value a line, each kept exactly or refused with its place. */
import { JSON_LIMITS, MillraceError } from "@millrace/core";
import { oneLine } from "../error-line.ts";

/** Bytes of one line, with some room for white space. */
const MAX_LINE = 2 * JSON_LIMITS.maxBytes;
const NEWLINE = 10;

/** A line of a text, counted from 1. */
interface Line {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** A value, and where it was found: `line 3 of stdin`. */
export interface JsonLine {
  readonly value: unknown;
  readonly place: string;
}

/** The values of a text, a line each; blank lines are passed over. @throws MillraceError `bad-input`, `too-large` naming the line. */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<JsonLine> {
  for await (const { number, bytes } of linesOf(chunks, where)) {
    const place = `line ${number} of ${where}`;
    const text = decoded(bytes, place);
    if (text.trim() !== "") yield { value: exactJson(text, place), place };
  }
}

/** The value of a whole text. @throws MillraceError `bad-input` naming the place. */
export function jsonDocument(bytes: Uint8Array, where: string): unknown {
  return exactJson(decoded(bytes, where), where);
}

/** Reads JSON. @throws MillraceError `bad-input` where it is none, or holds a number that JavaScript cannot keep. */
export function exactJson(text: string, place: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badText(`${place} is not JSON: ${oneLine(cause)}`, cause);
  }
  const inexact = inexactNumber(text);
  if (inexact === undefined) return value;
  throw new MillraceError(
    "bad-input",
    `${place} holds the number ${inexact}, which cannot be kept exactly: make it a string`,
  );
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<Line> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield { number, bytes: Buffer.concat([...pending, chunk.subarray(start, end)]) };
      pending = [];
      size = 0;
      number += 1;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    size += rest.length;
    if (size > MAX_LINE)
      throw new MillraceError("too-large", `line ${number} of ${where} is longer than ${MAX_LINE} bytes`);
    if (rest.length > 0) pending.push(rest);
  }
  if (size > 0) yield { number, bytes: Buffer.concat(pending) };
}

function decoded(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badText(`${place} is not UTF-8`, cause);
  }
}

function badText(message: string, cause: unknown): MillraceError {
  return new MillraceError("bad-input", message, { cause });
}

const LONG_NUMBER = /\d{16}/;
/** Strings, and numbers outside them. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const WHOLE = /^-?\d{16,}$/;

/** The first whole number that is another one once it is read. */
function inexactNumber(text: string): string | undefined {
  if (!LONG_NUMBER.test(text)) return undefined;
  for (const [token] of text.matchAll(TOKENS)) {
    if (WHOLE.test(token) && BigInt(Number(token)) !== BigInt(token)) return token;
  }
  return undefined;
}
