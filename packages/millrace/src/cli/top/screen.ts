/** The whole terminal as a canvas: taken at the start, given back as it was at the end, whatever the end is. */
import { writeSync } from "node:fs";

/** What a screen draws on and listens to; a terminal's streams fit. */
export interface ScreenStreams {
  readonly stdout: NodeJS.WriteStream & { readonly fd: number };
  readonly stdin: NodeJS.ReadStream;
}

/** Who hears of keys and of new sizes. */
export interface ScreenEvents {
  onKey(key: string): void;
  onResize(): void;
}

/** The other screen, without cursor and line wrap; and back. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** One taken screen. */
export class Screen {
  readonly #streams: ScreenStreams;
  readonly #events: ScreenEvents;
  #isOpen = false;
  readonly #onKey = (bytes: Buffer): void => {
    for (const key of bytes.toString()) this.#events.onKey(key);
  };
  readonly #onResize = (): void => this.#events.onResize();
  /** Synchronous, so that it works where the process ends right after. */
  readonly #restore = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#streams.stdin.setRawMode(false);
    writeSync(this.#streams.stdout.fd, LEAVE);
  };

  constructor(streams: ScreenStreams, events: ScreenEvents) {
    this.#streams = streams;
    this.#events = events;
  }

  /** Takes the screen. From now on keys come one by one, Ctrl-C among them. */
  open(): void {
    const { stdout, stdin } = this.#streams;
    process.once("exit", this.#restore);
    process.once("uncaughtExceptionMonitor", this.#restore); // before Node prints it
    this.#isOpen = true;
    stdin.setRawMode(true);
    stdin.on("data", this.#onKey);
    stdin.resume();
    stdout.on("resize", this.#onResize);
    stdout.write(ENTER);
  }

  get columns(): number {
    return this.#streams.stdout.columns;
  }

  get rows(): number {
    return this.#streams.stdout.rows;
  }

  /** Draws these lines from the top; what was there before is gone. */
  draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join("\r\n");
    this.#streams.stdout.write(`${HOME}${text}${CLEAR_BELOW}`);
  }

  /** Gives the screen back. Idempotent. */
  close(): void {
    const { stdout, stdin } = this.#streams;
    stdout.off("resize", this.#onResize);
    stdin.off("data", this.#onKey);
    stdin.pause();
    this.#restore();
    process.off("exit", this.#restore);
    process.off("uncaughtExceptionMonitor", this.#restore);
  }
}
