/** Reads inputs line by line for an enqueue, until they end or a signal comes, and knows which line is at fault. */
import { type ErrorCode, MillraceError } from "@millrace/core";
import type { Interrupt } from "../interrupt.ts";
import type { ManyPayloads } from "./payloads.ts";

/** What enqueue finds wrong with an input, without knowing where it stands. */
const AT_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["not-serialisable", "too-large"]);

/** One reading. */
export class LineReader {
  readonly #payloads: ManyPayloads;
  readonly #interrupt: Interrupt;
  readonly #keyField: string | undefined;
  #place: string | undefined;

  constructor(payloads: ManyPayloads, interrupt: Interrupt, keyField: string | undefined) {
    this.#payloads = payloads;
    this.#interrupt = interrupt;
    this.#keyField = keyField;
  }

  /** The inputs. @throws MillraceError `bad-input`, `too-large` naming the line, also for one without its key. */
  async *inputs(onRead: (read: number) => void): AsyncGenerator<unknown> {
    const { lines, stop } = this.#payloads;
    void this.#interrupt.first.then(stop);
    let read = 0;
    try {
      for await (const { value, place } of lines) {
        if (this.#interrupt.isRaised) return;
        this.#checkKey(value, place);
        this.#place = place;
        yield value;
        read += 1;
        onRead(read);
      }
    } catch (error) {
      if (!this.#interrupt.isRaised) throw error; // a stream that was given up ends with an error
    }
  }

  /** The error, with the line where enqueue met it. */
  placed(error: unknown): unknown {
    if (!(error instanceof MillraceError) || this.#place === undefined) return error;
    if (!AT_FAULT.has(error.code) || error.message.startsWith("line ")) return error;
    const { code, message, details } = error;
    return new MillraceError(code, `${this.#place}: ${message}`, { cause: error, details });
  }

  #checkKey(value: unknown, place: string): void {
    if (this.#keyField === undefined || fieldOf(value, this.#keyField) !== undefined) return;
    throw new MillraceError("bad-input", `${place} has no text or number "${this.#keyField}" to be its key`);
  }
}

/** The text or number that an object has under this name, as text. */
export function fieldOf(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([each]) => each === name)?.[1];
  return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
}
