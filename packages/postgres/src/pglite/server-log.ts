/** What PostgreSQL writes to its log when it gives up: PGlite's own error only says that it did. */

const MAX_LINES = 20;

/** The last lines of the log, and the reason in them. */
export class ServerLog {
  readonly #lines: string[] = [];

  /** Takes one line; false keeps PGlite from printing it. */
  readonly hear = (line: string): boolean => {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    return false;
  };

  /** The last FATAL or PANIC with its detail, in one line. */
  get reason(): string | undefined {
    const at = this.#lines.findLastIndex((line) => /(FATAL|PANIC):/.test(line));
    if (at === -1) return undefined;
    const [fatal = "", detail = ""] = this.#lines.slice(at, at + 2);
    const parts = [fatal, detail.includes("DETAIL:") ? detail : ""];
    return parts
      .map((line) => line.replace(/^.*(FATAL|PANIC|DETAIL):\s*/, ""))
      .filter(Boolean)
      .join(". ");
  }
}
