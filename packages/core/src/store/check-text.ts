/** What no store can keep as text. */
import { MillraceError } from "../model/errors.ts";

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
