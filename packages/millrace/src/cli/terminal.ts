/** Where a command speaks: data on stdout, messages on stderr, and one line below them that is redrawn in place. */
import picocolors from "picocolors";
import { LOG_LEVELS, type LogLevel } from "../config/settings-table.ts";

type Colours = ReturnType<typeof picocolors.createColors>;

/** A command's way to speak. */
export interface Terminal {
  /** Least important level that is shown. */
  level: LogLevel;
  /** Colours of stdout and stderr; they do nothing where there is no terminal. */
  readonly outColours: Colours;
  readonly colours: Colours;
  /** Whether stderr is a terminal, so that a live line can be drawn. */
  readonly isLive: boolean;
  /** Whether stdin and stderr are terminals, so that a question can be asked. */
  readonly canAsk: boolean;
  /** Width of the live line's terminal. */
  readonly columns: number;
  /** One line (or block) of data. */
  print(text: string): void;
  /** One message. */
  say(level: LogLevel, text: string): void;
  /** Draws the live line anew; nothing, where there is no terminal; `undefined` removes it. */
  live(text: string | undefined): void;
}

/** The streams a terminal speaks through; those of the process fit. */
export interface TerminalStreams {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: { readonly isTTY?: boolean | undefined };
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const CLEAR_LINE = "\r\u001b[2K";
const DEFAULT_COLUMNS = 80;

/** A terminal over these streams. */
export function createTerminal(streams: TerminalStreams): Terminal {
  return new StreamTerminal(streams);
}

class StreamTerminal implements Terminal {
  level: LogLevel = "info";
  readonly outColours: Colours;
  readonly colours: Colours;
  readonly isLive: boolean;
  readonly canAsk: boolean;
  readonly #streams: TerminalStreams;
  #line: string | undefined;

  constructor(streams: TerminalStreams) {
    const { TERM } = streams.environment;
    this.#streams = streams;
    this.isLive = streams.stderr.isTTY === true && TERM !== "dumb";
    this.canAsk = streams.stdin.isTTY === true && streams.stderr.isTTY === true;
    this.colours = picocolors.createColors(isColoured(streams.stderr, streams.environment));
    this.outColours = picocolors.createColors(isColoured(streams.stdout, streams.environment));
  }

  get columns(): number {
    return this.#streams.stderr.columns ?? DEFAULT_COLUMNS;
  }

  print(text: string): void {
    this.#above(() => this.#streams.stdout.write(`${text}\n`));
  }

  say(level: LogLevel, text: string): void {
    if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(this.level)) return;
    this.#above(() => this.#streams.stderr.write(`${this.#coloured(level, text)}\n`));
  }

  live(text: string | undefined): void {
    if (!this.isLive || text === this.#line) return;
    this.#line = text;
    this.#streams.stderr.write(`${CLEAR_LINE}${text ?? ""}`);
  }

  /** Writes where the live line is, and draws it again below. */
  #above(write: () => void): void {
    const line = this.#line;
    if (line !== undefined) this.#streams.stderr.write(CLEAR_LINE);
    write();
    if (line !== undefined) this.#streams.stderr.write(line);
  }

  #coloured(level: LogLevel, text: string): string {
    switch (level) {
      case "error":
        return this.colours.red(text);
      case "warn":
        return this.colours.yellow(text);
      case "debug":
        return this.colours.dim(text);
      case "info":
        return text;
    }
  }
}

/** https://no-color.org: any value but the empty one turns colours off. */
function isColoured(stream: Output, environment: TerminalStreams["environment"]): boolean {
  const { NO_COLOR, TERM } = environment;
  return stream.isTTY === true && (NO_COLOR ?? "") === "" && TERM !== "dumb";
}
