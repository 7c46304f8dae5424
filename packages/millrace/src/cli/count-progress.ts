/** Shows how many of so many things are done: a bar redrawn in place on a terminal, a plain line now and then elsewhere. */
import { bar, barSigns } from "./bar.ts";
import type { Terminal } from "./terminal.ts";
import { count } from "./words.ts";

/** What is counted, in words: `cancelling`, `jobs`. */
export interface Counted {
  readonly doing: string;
  readonly things: string;
  /** Left out while nobody knows. */
  readonly total?: number | undefined;
}

/** What is told while the counting goes on. */
export interface CountProgress {
  show(done: number): void;
  /** Takes the line away. */
  end(): void;
}

const PLAIN_EVERY_MS = 5_000;
/** Drawing each of a million lines would take longer than reading them. */
const LIVE_EVERY_MS = 50;
const BAR_WIDTH = 24;

/** The display that fits the terminal. */
export function countProgress(terminal: Terminal, counted: Counted): CountProgress {
  return terminal.isLive ? liveProgress(terminal, counted) : plainProgress(terminal, counted);
}

function liveProgress(terminal: Terminal, counted: Counted): CountProgress {
  const signs = barSigns(process.env);
  let nextMs = 0;
  return {
    show: (done) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + LIVE_EVERY_MS;
      const { total } = counted;
      const text = line(counted, done);
      const room = terminal.columns - text.length - 3;
      const isBarred = total !== undefined && total > 0 && room >= BAR_WIDTH;
      const share = total === undefined ? 0 : Math.min(1, done / total);
      terminal.live(
        isBarred ? `${bar(share, BAR_WIDTH, signs)}  ${text}` : text.slice(0, terminal.columns - 1),
      );
    },
    end: () => terminal.live(undefined),
  };
}

function plainProgress(terminal: Terminal, counted: Counted): CountProgress {
  let nextMs = performance.now() + PLAIN_EVERY_MS;
  return {
    show: (done) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + PLAIN_EVERY_MS;
      terminal.say("info", line(counted, done));
    },
    end: () => undefined,
  };
}

function line({ doing, things, total }: Counted, done: number): string {
  return `${doing} ${total === undefined ? count(done) : `${count(done)}/${count(total)}`} ${things}`;
}
