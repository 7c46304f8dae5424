/** Bytes of a CSV file as records with their places, one record and one block held at most. */
import { RecordEnd } from "./record-end.ts";
import { LINE_FEED, type Scan, scanRecord } from "./scan-record.ts";
import { type LinePlace, markOf } from "./split-lines.ts";

/** A record, or what is in the place of one. */
export interface RawRecord {
  /** The line it begins on. */
  readonly line: number;
  /** Its bytes; of a bad one none. */
  readonly bytes: Buffer;
  /** Where each field ends in them. */
  readonly ends: readonly number[];
  /** Whether any field is in quotes. */
  readonly isQuoted: boolean;
  /** Why it is no record. */
  readonly wrong: { readonly reason: string; readonly message: string } | undefined;
  /** Where the next one begins. */
  readonly next: LinePlace;
}

/** How records are told apart. */
export interface RecordOptions {
  readonly from: LinePlace;
  /** One byte. */
  readonly delimiter: number;
  /** Longest record in bytes. */
  readonly maxBytes: number;
}

/**
 * The records of the blocks, which begin at `from`. A quoted field may hold delimiters, line ends and quotes, these
 * written twice. A record that is wrong at some place is bad to the end of the line it is wrong on; one that is too long,
 * to its own end, which is the file's where a quote is not closed.
 */
export async function* splitRecords(
  blocks: AsyncIterable<Buffer>,
  options: RecordOptions,
): AsyncGenerator<RawRecord, void, void> {
  const reading = new RecordReading(options);
  for await (const block of blocks) {
    reading.add(block);
    for (let record = reading.next(false); record !== undefined; record = reading.next(false)) yield record;
  }
  for (let record = reading.next(true); record !== undefined; record = reading.next(true)) yield record;
}

/** A bad record of which the end is looked for. */
interface Skipping {
  readonly wrong: NonNullable<RawRecord["wrong"]>;
  readonly line: number;
  readonly end: RecordEnd;
}

/** A carriage return and a line feed. */
const LINE_END_BYTES = 2;

class RecordReading {
  readonly #options: RecordOptions;
  #place: LinePlace;
  /** Not given yet; begins where a record does, or within a bad one. */
  #held: Buffer = Buffer.alloc(0);
  #isAtMark: boolean;
  #skipping: Skipping | undefined;
  /** Whether what was last passed over ends with a line. */
  #endsLine = false;

  constructor(options: RecordOptions) {
    this.#options = options;
    this.#place = options.from;
    this.#isAtMark = options.from.offset === 0;
  }

  add(block: Buffer): void {
    this.#held = this.#held.byteLength === 0 ? block : Buffer.concat([this.#held, block]);
  }

  /** The next record where all of it is there; `isLast` says that no more will come. */
  next(isLast: boolean): RawRecord | undefined {
    if (this.#held.byteLength === 0 && this.#skipping === undefined) return undefined;
    this.#passMark();
    if (this.#skipping !== undefined) return this.#skip(this.#skipping, isLast);
    if (this.#held.byteLength === 0) return undefined;
    const { delimiter, maxBytes } = this.#options;
    // Nothing behind the limit is looked at: what a record is must not depend on how much of the file was at hand.
    const window = this.#held.subarray(0, maxBytes + LINE_END_BYTES);
    const isWhole = isLast && window.byteLength === this.#held.byteLength;
    const scan = scanRecord(window, { delimiter, isLast: isWhole });
    if (scan.kind === "record") return this.#take(scan);
    if (scan.kind === "wrong") return this.#passWrong(scan, isLast);
    if (!isWhole && window.byteLength < maxBytes + LINE_END_BYTES) return undefined;
    return this.#passLong(isLast);
  }

  #passMark(): void {
    if (!this.#isAtMark) return;
    this.#isAtMark = false;
    this.#advance(markOf(this.#held), 0);
  }

  #take({ ends, isQuoted, next }: Extract<Scan, { kind: "record" }>): RawRecord {
    const { line } = this.#place;
    const end = Number(ends.at(-1)); // a record has a field
    const bytes = this.#held.subarray(0, end);
    this.#advance(next, (isQuoted ? breaksIn(bytes) : 0) + 1);
    return { line, bytes, ends, isQuoted, wrong: undefined, next: this.#place };
  }

  /** Goes on to the end of the line that it is wrong on. */
  #passWrong({ at, message }: Extract<Scan, { kind: "wrong" }>, isLast: boolean): RawRecord | undefined {
    const { line } = this.#place;
    this.#advance(at, breaksIn(this.#held.subarray(0, at)));
    const end = new RecordEnd(this.#options.delimiter, { isWrong: true });
    return this.#skip({ wrong: { reason: "malformed", message }, line, end }, isLast);
  }

  #passLong(isLast: boolean): RawRecord | undefined {
    const { delimiter, maxBytes } = this.#options;
    const message = `it is longer than the ${maxBytes} bytes of maxRecordBytes`;
    const end = new RecordEnd(delimiter, { isWrong: false });
    return this.#skip({ wrong: { reason: "too-large", message }, line: this.#place.line, end }, isLast);
  }

  #skip(skipping: Skipping, isLast: boolean): RawRecord | undefined {
    const size = skipping.end.in(this.#held);
    const passed = this.#held.subarray(0, size);
    this.#endsLine = passed.byteLength === 0 ? this.#endsLine : passed.at(-1) === LINE_FEED;
    this.#advance(passed.byteLength, breaksIn(passed));
    const isOver = size !== undefined || isLast;
    this.#skipping = isOver ? undefined : skipping;
    if (!isOver) return undefined;
    if (!this.#endsLine) this.#advance(0, 1);
    const { line } = skipping;
    const wrong = toLine(this.#place.line - 1, skipping);
    return { line, bytes: Buffer.alloc(0), ends: [], isQuoted: false, wrong, next: this.#place };
  }

  #advance(bytes: number, lines: number): void {
    this.#held = this.#held.subarray(bytes);
    this.#place = { offset: this.#place.offset + bytes, line: this.#place.line + lines };
  }
}

/** What is wrong with a record that goes on to this line. */
function toLine(last: number, { wrong, line, end }: Skipping): Skipping["wrong"] {
  const { reason, message } = end.isOpen ? UNCLOSED : wrong;
  return { reason, message: last === line ? message : `${message}; it goes on to line ${last}` };
}

const UNCLOSED: Skipping["wrong"] = { reason: "malformed", message: "it opens a quote that is not closed" };

function breaksIn(bytes: Buffer): number {
  let breaks = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) breaks += 1;
  return breaks;
}
