/** Names under which a server keeps parsed statements. */
import { createHash } from "node:crypto";

/** Beyond so many different texts statements stay unnamed: a caller that builds its SQL must not fill the server. */
const MAX_NAMED = 500;

/** Gives each statement text a name, the same on every connection and in every process. */
export class StatementNames {
  readonly #names = new Map<string, string>();

  /** The name of `text`; nothing once there are too many texts. */
  of(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MAX_NAMED) return known;
    const name = `m_${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
    this.#names.set(text, name);
    return name;
  }
}
