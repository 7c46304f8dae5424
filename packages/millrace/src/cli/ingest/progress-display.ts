/** Shows progress while it is made: a line redrawn in place on a terminal, a plain line every few seconds elsewhere. */
import { barSigns } from "../bar.ts";
import type { Format } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import { type IngestProgress, progressLine, progressParts } from "./ingest-progress.ts";

const PLAIN_EVERY_MS = 5_000;
const DATA_EVERY_MS = 1_000;

/** What a display is told while a run goes on. */
export interface ProgressDisplay {
  /** A new snapshot. */
  show(progress: IngestProgress): void;
  /** Ends it; on a terminal the line goes. */
  end(): void;
}

/** The display that fits the terminal; `isQuiet` shows nothing; `ndjson` makes progress data, a line a second. */
export function progressDisplay(
  terminal: Terminal,
  how: { readonly isQuiet: boolean; readonly format: Format },
): ProgressDisplay {
  if (how.format === "ndjson") return ndjsonDisplay(terminal);
  if (how.isQuiet) return { show: () => undefined, end: () => undefined };
  return terminal.isLive ? liveDisplay(terminal) : plainDisplay(terminal);
}

function ndjsonDisplay(terminal: Terminal): ProgressDisplay {
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

function plainDisplay(terminal: Terminal): ProgressDisplay {
  let nextMs = performance.now() + PLAIN_EVERY_MS;
  return {
    show: (progress) => {
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + PLAIN_EVERY_MS;
      terminal.say("info", progressParts(progress).join(" · "));
    },
    end: () => undefined,
  };
}

function liveDisplay(terminal: Terminal): ProgressDisplay {
  const signs = barSigns(process.env);
  return {
    show: (progress) => {
      const line = progressLine(progress, terminal.columns, signs);
      terminal.live(
        progress.failed > 0 ? line.replace(/\d[\d,]* failed/, (part) => terminal.colours.red(part)) : line,
      );
    },
    end: () => terminal.live(undefined),
  };
}
