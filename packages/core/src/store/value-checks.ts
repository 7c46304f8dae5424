/** What every store refuses of single texts and numbers, because not all of them could keep it. */
import { MillraceError } from "../model/errors.ts";
import { JSON_LIMITS } from "../model/json.ts";

/** Names what a value belongs to, where it turns out to be bad: most never are, and are many. */
export type Owner = () => string;

/**
 * PostgreSQL's text cannot hold a NUL, nor UTF-8 half of a surrogate pair. `what` names what the text belongs to.
 * @throws MillraceError `bad-input`
 */
export function checkText(text: string | undefined, what: Owner, field: string): void {
  if (text !== undefined && (text.includes("\0") || !text.isWellFormed())) {
    throw new MillraceError(
      "bad-input",
      `${what()}: ${field} holds a NUL or half a surrogate pair; strip it first`,
    );
  }
}

/** Every store adds these up exactly, or none may take them. */
export function checkWhole(value: number, what: Owner, field: string): void {
  if (!Number.isSafeInteger(value)) {
    throw new MillraceError("bad-input", `${what()}: ${field} is ${value}; it takes a whole number`);
  }
}

/**
 * Checks a value's JSON text, where there is one.
 * @throws MillraceError `bad-input` for text no store can keep, `too-large` past {@link JSON_LIMITS}.
 */
export function checkValue(text: string | undefined, what: Owner, field: string): void {
  if (text === undefined) return;
  checkText(text, what, field);
  const bytes = Buffer.byteLength(text);
  if (bytes <= JSON_LIMITS.maxBytes) return;
  throw new MillraceError(
    "too-large",
    `${what()}: ${field} is ${bytes} bytes; the limit is ${JSON_LIMITS.maxBytes}`,
  );
}
