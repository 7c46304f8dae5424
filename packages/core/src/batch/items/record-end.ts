/** Finds the end of a CSV record that is not kept, however long it is: byte by byte, with nothing held. */
import { LINE_FEED, QUOTE } from "./scan-record.ts";

/** Where in a record a byte stands; `line`: behind a byte that should not be there, where it ends with the line. */
type State = "start" | "plain" | "quoted" | "closing" | "line";

/** The end of one record, whose bytes are given in order. */
export class RecordEnd {
  readonly #delimiter: number;
  #state: State;

  /** From where a record begins on; `isWrong`: from a byte on that should not be there. */
  constructor(delimiter: number, { isWrong }: { readonly isWrong: boolean }) {
    this.#delimiter = delimiter;
    this.#state = isWrong ? "line" : "start";
  }

  /** Whether a field's quotes are open. */
  get isOpen(): boolean {
    return this.#state === "quoted";
  }

  /** How many of these bytes, which follow those before, belong to the record; `undefined` where all do and it goes on. */
  in(bytes: Buffer): number | undefined {
    for (let at = 0; at < bytes.byteLength; at += 1) {
      const byte = Number(bytes[at]); // there is one
      if (byte === LINE_FEED && this.#state !== "quoted") return at + 1;
      this.#state = this.#behind(byte);
    }
    return undefined;
  }

  #behind(byte: number): State {
    switch (this.#state) {
      case "quoted":
        return byte === QUOTE ? "closing" : "quoted";
      case "closing":
        if (byte === QUOTE) return "quoted";
        return byte === this.#delimiter ? "start" : "line";
      case "line":
        return "line";
      case "start":
      case "plain":
        return byte === QUOTE ? this.#behindQuote() : this.#behindPlain(byte);
    }
  }

  #behindPlain(byte: number): State {
    return byte === this.#delimiter ? "start" : "plain";
  }

  /** One that opens a field, or should not be there. */
  #behindQuote(): State {
    return this.#state === "start" ? "quoted" : "line";
  }
}
