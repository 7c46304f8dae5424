/** What a handler tells of itself while it runs: the latest progress and new log lines, gathered until written. */
import type { WriteParts } from "../job/control.ts";
import { type JobLogLevel, LOG_LIMITS, type LogPart } from "../model/report.ts";
import type { Cancel, Timing } from "../runtime/timers.ts";
import { cut } from "./record.ts";

/** Shortest time between two writes of their own. */
const EVERY_MS = 500;

interface Line {
  readonly level: JobLogLevel;
  readonly line: string;
  readonly atMs: number;
}

/** What was gathered, taken over by a write. */
interface Taken {
  readonly parts: Pick<WriteParts, "progress" | "log">;
  readonly progress: string | undefined;
  readonly lines: readonly Line[];
  readonly skipped: number;
}

/** One attempt's; `flush` is called when what was gathered should be written, and not again before it has resolved. */
export class Reports {
  readonly #timing: Timing;
  readonly #flush: (reports: Reports) => Promise<void>;
  #flushing = false;
  #progress: string | undefined;
  #lines: Line[] = [];
  #skipped = 0;
  #writtenAtMs: number;
  #cancel: Cancel | undefined;
  #stopped = false;

  constructor(timing: Timing, flush: (reports: Reports) => Promise<void>) {
    this.#timing = timing;
    this.#writtenAtMs = timing.now(); // a short attempt's reports go with its end alone
    this.#flush = flush;
  }

  /** Takes the place of progress not written yet. */
  progress(text: string): void {
    this.#progress = text;
    this.#schedule();
  }

  /** Adds a line; where too many wait to be written, the oldest goes, and is counted. */
  log(level: JobLogLevel, message: string): void {
    const line = cut(message.replaceAll("\0", "\ufffd").toWellFormed(), LOG_LIMITS.lineBytes);
    this.#lines.push({ level, line, atMs: this.#timing.now() });
    if (this.#lines.length > LOG_LIMITS.lines) {
      this.#lines.shift();
      this.#skipped += 1;
    }
    this.#schedule();
  }

  /** What is not written yet, as parts of a write. */
  peek(): Taken["parts"] {
    return {
      ...(this.#progress === undefined ? {} : { progress: this.#progress }),
      ...(this.#lines.length === 0 ? {} : { log: this.#log() }),
    };
  }

  /** The same, taken over by a write that is about to be sent. */
  take(): Taken {
    const taken = {
      parts: this.peek(),
      progress: this.#progress,
      lines: this.#lines,
      skipped: this.#skipped,
    };
    this.#progress = undefined;
    this.#lines = [];
    this.#skipped = 0;
    this.#writtenAtMs = this.#timing.now();
    this.#cancel?.();
    this.#cancel = undefined;
    return taken;
  }

  /** It was not written after all. */
  putBack({ progress, lines, skipped }: Taken): void {
    this.#progress ??= progress;
    const all = [...lines, ...this.#lines];
    this.#lines = all.slice(-LOG_LIMITS.lines);
    this.#skipped += skipped + all.length - this.#lines.length;
  }

  /** No more flushes: what is gathered goes with other writes. */
  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #log(): LogPart {
    const now = this.#timing.now();
    const lines = this.#lines.map(({ level, line, atMs }) => ({
      level,
      line,
      ageMs: Math.round(now - atMs),
    }));
    return { skipped: this.#skipped, lines };
  }

  async #write(): Promise<void> {
    this.#flushing = true;
    await this.#flush(this);
    this.#flushing = false;
    if (this.#progress !== undefined || this.#lines.length > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped || this.#flushing || this.#cancel !== undefined) return;
    const waitMs = Math.max(0, this.#writtenAtMs + EVERY_MS - this.#timing.now());
    this.#cancel = this.#timing.after(waitMs, () => {
      this.#cancel = undefined;
      void this.#write();
    });
  }
}

/** Parts of a write with reports in front of any of its own. */
export function withReports(parts: WriteParts, reports: Pick<WriteParts, "progress" | "log">): WriteParts {
  const { log } = reports;
  if (log === undefined || parts.log === undefined) return { ...reports, ...parts };
  const lines = [...log.lines, ...parts.log.lines];
  const over = Math.max(lines.length - LOG_LIMITS.lines, 0);
  return {
    ...reports,
    ...parts,
    log: { skipped: log.skipped + parts.log.skipped + over, lines: lines.slice(over) },
  };
}
