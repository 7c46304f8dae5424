/** Takes what a process prints apart into lines. */

/** Longest line; what is longer is passed on in pieces. */
const MAX_LENGTH = 2_048;

/** One stream's; `onLine` gets each line without its end. */
export class OutputLines {
  readonly #onLine: (line: string) => void;
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#pass(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.#rest.length > MAX_LENGTH) {
      this.#onLine(this.#rest.slice(0, MAX_LENGTH));
      this.#rest = this.#rest.slice(MAX_LENGTH);
    }
  }

  /** The stream has ended: a last line needs no end. */
  end(): void {
    const last = this.#rest;
    this.#rest = "";
    this.#pass(last);
  }

  #pass(line: string): void {
    for (let start = 0; start < line.length; start += MAX_LENGTH) {
      this.#onLine(line.slice(start, start + MAX_LENGTH));
    }
  }
}
