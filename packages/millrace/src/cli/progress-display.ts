/** Shows progress while it is made: a line redrawn in place on a terminal, a plain line every few seconds elsewhere. */
import { type BarSigns, bar, barSigns } from "./bar.ts";
import type { Format } from "./output.ts";
import type { Terminal } from "./terminal.ts";

const PLAIN_EVERY_MS = 5_000;
const DATA_EVERY_MS = 1_000;

/** Progress in words: what a display shows of it. */
export interface ProgressWords {
  /** The parts of the line, the most important first. */
  readonly parts: readonly string[];
  /** 0 to 1; `undefined` while nobody knows. */
  readonly share: number | undefined;
}

/** What a display is told while a run goes on. */
export interface ProgressDisplay<Progress> {
  /** A new snapshot. */
  show(progress: Progress): void;
  /** Ends it; on a terminal the line goes. */
  end(): void;
}

/** The display that fits the terminal; `isQuiet` shows nothing; `ndjson` makes progress data, a line a second. */
export function progressDisplay<Progress extends object>(
  terminal: Terminal,
  how: {
    readonly isQuiet: boolean;
    readonly format: Format;
    words(progress: Progress): ProgressWords;
  },
): ProgressDisplay<Progress> {
  if (how.format === "ndjson") return ndjsonDisplay(terminal);
  if (how.isQuiet) return { show: () => undefined, end: () => undefined };
  return terminal.isLive ? liveDisplay(terminal, how.words) : plainDisplay(terminal, how.words);
}

const BAR_WIDTH = 24;
const LEAST_BAR_WIDTH = 8;

/** One line of at most `columns` characters: parts that do not fit are left out, the bar first. */
export function progressLine({ parts, share }: ProgressWords, columns: number, signs: BarSigns): string {
  for (let kept = parts.length; kept > 0; kept -= 1) {
    const text = parts.slice(0, kept).join(" · ");
    const room = columns - 1 - text.length - 2;
    if (share !== undefined && room >= LEAST_BAR_WIDTH) {
      return `${bar(share, Math.min(BAR_WIDTH, room), signs)}  ${text}`;
    }
    if (text.length < columns) return text;
  }
  return (parts[0] ?? "").slice(0, columns - 1);
}

function ndjsonDisplay(terminal: Terminal): ProgressDisplay<object> {
  let nextMs = 0;
  return {
    show: (progress) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + DATA_EVERY_MS;
      terminal.print(JSON.stringify(progress));
    },
    end: () => undefined,
  };
}

function plainDisplay<Progress>(
  terminal: Terminal,
  words: (progress: Progress) => ProgressWords,
): ProgressDisplay<Progress> {
  let nextMs = performance.now() + PLAIN_EVERY_MS;
  return {
    show: (progress) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + PLAIN_EVERY_MS;
      terminal.say("info", words(progress).parts.join(" · "));
    },
    end: () => undefined,
  };
}

function liveDisplay<Progress>(
  terminal: Terminal,
  words: (progress: Progress) => ProgressWords,
): ProgressDisplay<Progress> {
  const signs = barSigns(process.env);
  return {
    show: (progress) => {
      const line = progressLine(words(progress), terminal.columns, signs);
      terminal.live(line.replace(/[1-9][\d,]* failed/, (part) => terminal.colours.red(part)));
    },
    end: () => terminal.live(undefined),
  };
}
