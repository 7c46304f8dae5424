/** What a process prints: its own lines for the log, and between them what it and Node say of its end. */
import type { ChildProcess } from "node:child_process";
import { OutputLines } from "./output-lines.ts";
import type { Death } from "./process-death.ts";

/** Where a line was printed. */
export type OutputStream = "stdout" | "stderr";

/** Both streams of one process. */
export class ProcessOutput {
  readonly #note: string;
  readonly #onLine: (stream: OutputStream, line: string) => void;
  #limit: Death["limit"];
  #isHeapFull = false;

  /** `note`: see {@link ProcessStart}. */
  constructor(note: string, onLine: (stream: OutputStream, line: string) => void) {
    this.#note = note;
    this.#onLine = onLine;
  }

  /** The limit for which it says that it ends itself. */
  get limit(): Death["limit"] {
    return this.#limit;
  }

  /** Whether V8 said that its heap is full. */
  get isHeapFull(): boolean {
    return this.#isHeapFull;
  }

  read(child: ChildProcess): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const lines = new OutputLines((line) => this.#printed(stream, line));
      child[stream]?.setEncoding("utf8");
      child[stream]?.on("data", (text: string) => lines.add(text));
      child[stream]?.on("error", () => lines.end()); // the rest cannot be read; the end of the process is seen by itself
      child[stream]?.once("end", () => lines.end());
    }
  }

  #printed(stream: OutputStream, line: string): void {
    if (line.startsWith(this.#note)) {
      this.#limit = line.endsWith("cpu") ? "cpu" : "memory";
      return;
    }
    if (stream === "stderr" && line.includes("JavaScript heap out of memory")) this.#isHeapFull = true;
    this.#onLine(stream, line);
  }
}
