/** Shows progress while it is made: a line redrawn in place on a terminal, a plain line every few seconds elsewhere. */
import type { Format } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { type BarSigns, type IngestProgress, progressLine, progressParts } from "./ingest-progress.ts";

const REDRAW_MS = 100;
const PLAIN_EVERY_MS = 5_000;
const DATA_EVERY_MS = 1_000;

/** What a display is told while a run goes on. */
export interface ProgressDisplay {
  /** A new snapshot. */
  show(progress: IngestProgress): void;
  /** Pages read here since the last call, not in any snapshot yet. */
  pagesRead(delta: number): void;
  /** Ends it; on a terminal the line goes. */
  end(): void;
}

/** The display that fits the terminal; `isQuiet` shows nothing; `ndjson` makes progress data, a line a second. */
export function progressDisplay(
  terminal: Terminal,
  how: { readonly isQuiet: boolean; readonly format: Format },
): ProgressDisplay {
  if (how.format === "ndjson") return ndjsonDisplay(terminal);
  if (how.isQuiet) return { show: () => undefined, pagesRead: () => undefined, end: () => undefined };
  return terminal.isLive ? new LiveDisplay(terminal) : plainDisplay(terminal);
}

function ndjsonDisplay(terminal: Terminal): ProgressDisplay {
  let nextMs = 0;
  return {
    show: (progress) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + DATA_EVERY_MS;
      terminal.print(JSON.stringify(progress));
    },
    pagesRead: () => undefined,
    end: () => undefined,
  };
}

function plainDisplay(terminal: Terminal): ProgressDisplay {
  const ahead = new PagesAhead();
  let nextMs = performance.now() + PLAIN_EVERY_MS;
  return {
    show: (progress) => {
      const now = ahead.applied(progress);
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + PLAIN_EVERY_MS;
      terminal.say("info", progressParts(now).join(" · "));
    },
    pagesRead: (delta) => ahead.add(delta),
    end: () => undefined,
  };
}

/** Pages read in this process that no snapshot holds yet: between snapshots they move the count on. */
class PagesAhead {
  #read = 0;
  #first: number | undefined;

  add(delta: number): void {
    this.#read += delta;
  }

  applied(progress: IngestProgress): IngestProgress {
    const { pages, totalPages } = progress;
    this.#first ??= pages;
    const read = this.#first + this.#read;
    return { ...progress, pages: Math.max(pages, Math.min(read, totalPages ?? read)) };
  }
}

class LiveDisplay implements ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #signs: BarSigns;
  readonly #timer: NodeJS.Timeout;
  readonly #ahead = new PagesAhead();
  #progress: IngestProgress | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#signs = barSigns(process.env);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    this.#timer.unref();
  }

  show(progress: IngestProgress): void {
    this.#progress = progress;
    this.#draw();
  }

  pagesRead(delta: number): void {
    this.#ahead.add(delta);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#terminal.live(undefined);
  }

  #draw(): void {
    if (this.#progress === undefined) return;
    const progress = this.#ahead.applied(this.#progress);
    const { colours, columns } = this.#terminal;
    const line = progressLine(progress, columns, this.#signs);
    this.#terminal.live(progress.failed > 0 ? line.replace(/\d[\d,]* failed/, colours.red) : line);
  }
}

/** Blocks where the locale is UTF-8, else signs every terminal has. */
export function barSigns(environment: Readonly<Record<string, string | undefined>>): BarSigns {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = environment;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  const isPlain = TERM === "linux" || !/utf-?8/i.test(locale);
  return isPlain ? { full: "#", empty: "-" } : { full: "█", empty: "░" };
}
