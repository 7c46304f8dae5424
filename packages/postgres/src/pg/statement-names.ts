/** Names under which a server keeps parsed statements. */
import { createHash } from "node:crypto";
import type { MillraceError } from "@millrace/core";

/** Beyond so many different texts statements stay unnamed: a caller that builds its SQL must not fill the server. */
const MAX_NAMED = 500;

/** Unknown, or known already, to the server process that a statement has come to. */
const LOST_STATES: ReadonlySet<unknown> = new Set(["26000", "42P05"]);
const OUR_NAME = /"m_[0-9a-f]{24}"/;

/** Gives each statement text a name, the same on every connection and in every process. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #onGivenUp: () => void;
  #isGivenUp = false;

  /** `onGivenUp` is called once, should names turn out not to be kept. */
  constructor(onGivenUp: () => void) {
    this.#onGivenUp = onGivenUp;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** The name of `text`; nothing once there are too many texts, or names were given up. */
  of(text: string): string | undefined {
    if (this.#isGivenUp) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= MAX_NAMED) return known;
    const name = `m_${createHash("sha256").update(text).digest("hex").slice(0, 24)}`;
    this.#names.set(text, name);
    return name;
  }

  /** Names nothing from now on. */
  giveUp(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#onGivenUp();
  }
}

/**
 * Whether a server process did not have a statement under its name, or had it before we gave it: connections do not stay
 * with one process, or somebody else takes names away. The statement itself has not run.
 */
export function isLostStatement({ details, message }: MillraceError): boolean {
  return LOST_STATES.has(details["sqlState"]) && OUR_NAME.test(message);
}
