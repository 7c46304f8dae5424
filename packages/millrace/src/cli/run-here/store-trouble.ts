/** What goes wrong while a run goes on: what ends it, and which trouble of the store is waited out. */
import { type ErrorCode, MillraceError } from "@millrace/core";
import { oneLine } from "../error-line.ts";
import type { Terminal } from "../terminal.ts";

/** Nobody can wait these out: somebody must make room, or stop the other one. */
const ENDING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["store-full", "store-locked", "schema-mismatch"]);
/** These pass, and are worth a word meanwhile. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["store-unreachable", "deadline-exceeded"]);
const SAY_AGAIN_MS = 10_000;

/** Hears of every failed store call. */
export class StoreTrouble {
  /** Resolves with the first failure that must end the run. */
  readonly fatal: Promise<MillraceError>;
  readonly #terminal: Terminal;
  #end: (error: MillraceError) => void = () => undefined;
  #saidAtMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.fatal = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Something else than the store ends the run. */
  end(error: MillraceError): void {
    this.#end(error);
  }

  /** A call failed. */
  met(error: unknown): void {
    if (error instanceof MillraceError && ENDING.has(error.code)) this.#end(error);
    else if (error instanceof MillraceError && PASSING.has(error.code)) this.#saySometimes(error);
    else this.#terminal.say("debug", `store: ${oneLine(error)}`);
  }

  #saySometimes(error: MillraceError): void {
    if (performance.now() - this.#saidAtMs < SAY_AGAIN_MS) return;
    this.#saidAtMs = performance.now();
    this.#terminal.say("warn", `${oneLine(error)} Trying again.`);
  }
}
