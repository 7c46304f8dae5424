/** JSON text as the value it says, or a refusal: no number is rounded silently. */
import { MillraceError } from "../../model/errors.ts";
import { checkJson, type Json } from "../../model/json.ts";

const LONG_INTEGER = /\d{16}/;
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
const INTEGER = /^-?\d+$/;

/**
 * The value of a JSON text.
 * @throws SyntaxError for what is none, MillraceError `not-serialisable` for numbers that would not come out as they
 * went in, `too-large` for values nested too deep.
 */
export function exactJson(text: string, what: string): Json {
  const value: unknown = JSON.parse(text);
  checkJson(value, what);
  if (LONG_INTEGER.test(text)) refuseRounded(text, what);
  return value;
}

function refuseRounded(text: string, what: string): void {
  for (const [token] of text.matchAll(TOKENS)) {
    if (!INTEGER.test(token) || String(Number(token)) === token) continue;
    throw new MillraceError(
      "not-serialisable",
      `${what} has the number ${token.slice(0, 40)}, which would be rounded: write it as a string`,
    );
  }
}
