/** Reads CSV files: a row for each record. */
import { basename } from "node:path";
import { ClassedError } from "../../model/errors.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import type { BadItem } from "../bad-item.ts";
import type { ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import type { Placed } from "../placed.ts";
import { fieldsOf } from "./csv-fields.ts";
import { fileBlocks } from "./file-blocks.ts";
import { badRecord, type ItemOptions, lineKey, makeItem, type RecordPlace, refusalOf } from "./item-maker.ts";
import { checkRecordBytes, MAX_RECORD_BYTES } from "./record-bytes.ts";
import { cursorOf, FIRST_LINE, type LinePlace, placeOf } from "./split-lines.ts";
import { type RawRecord, splitRecords } from "./split-records.ts";

/** A record by the names of its columns: text as it stands in the file. */
export type CsvRow = Readonly<Record<string, string>>;

/** How a CSV file is read. */
export interface CsvReaderOptions<Item> extends ItemOptions<Item> {
  /** One ASCII character. A comma where left out. */
  readonly delimiter?: string | undefined;
  /** Names of the columns, of a file without a header; its first record where left out. */
  readonly columns?: readonly string[] | undefined;
  /** Longest record in bytes, at most 1,000,000; a longer one becomes a bad item. 262,144 where left out. */
  readonly maxRecordBytes?: number | undefined;
}

/**
 * A reader of a CSV file (RFC 4180: quoted fields may hold delimiters, line ends and doubled quotes), UTF-8, with LF or
 * CRLF, with or without a byte order mark, unpacked where the name ends in `.gz`. Items are rows by the names of the
 * header's columns, or what the schema makes of them; empty lines are passed over.
 *
 * The cursor is a place in the file: reading on after a restart begins there, except in a compressed file. A record that
 * is malformed, too long, not UTF-8, of more or fewer fields than there are columns, or does not fit the schema becomes a
 * bad item, with the number of its line; reading goes on with the line behind it. One that is too long ends where its
 * quotes are closed, so a quote that is never closed makes one bad item of the rest of the file. At most one record and
 * 64 KiB are held.
 * @throws MillraceError `bad-config` for options that mean nothing; reading throws a ClassedError of class validation
 * where the header cannot be used.
 */
export function csvReader<Item = CsvRow>(path: string, options: CsvReaderOptions<Item> = {}): Reader<Item> {
  refuseUnknownKeys("csvReader", options, ["schema", "key", "delimiter", "columns", "maxRecordBytes"]);
  if (typeof path !== "string" || path === "") throw badOption("csvReader.path", path, "the path of a file");
  const source: Source<Item> = {
    path,
    options,
    columns: options.columns,
    delimiter: delimiterByte("csvReader.delimiter", options.delimiter ?? ","),
    maxBytes: checkRecordBytes("csvReader.maxRecordBytes", options.maxRecordBytes ?? MAX_RECORD_BYTES),
  };
  if (options.columns !== undefined)
    checkColumns(options.columns, () => badOption("csvReader.columns", options.columns, COLUMNS_TAKE));
  return { read: (context) => readRows(source, context) };
}

/** Checks a delimiter and gives its byte. @throws MillraceError `bad-config` */
export function delimiterByte(option: string, delimiter: string): number {
  const byte = delimiter.charCodeAt(0);
  if (delimiter.length === 1 && byte < 0x80 && !['"', "\n", "\r"].includes(delimiter)) return byte;
  throw badOption(option, delimiter, "one ASCII character, not a quote or the end of a line");
}

interface Source<Item> {
  readonly path: string;
  readonly delimiter: number;
  readonly columns: readonly string[] | undefined;
  readonly maxBytes: number;
  readonly options: ItemOptions<Item>;
}

type Reading = Pick<ReadContext<unknown>, "cursor" | "signal">;

async function* readRows<Item>(
  source: Source<Item>,
  { cursor, signal }: Reading,
): AsyncGenerator<Placed<Item> | BadItem, void, void> {
  const header =
    source.columns === undefined
      ? await readHeader(source, signal)
      : { columns: source.columns, next: FIRST_LINE };
  if (header === undefined) return;
  const from = cursor === undefined ? header.next : placeOf(cursor);
  for await (const record of recordsFrom(source, from, signal)) {
    if (!isEmptyLine(record)) yield rowOf(record, header.columns, source);
  }
}

function recordsFrom(
  { path, delimiter, maxBytes }: Omit<Source<unknown>, "options">,
  from: LinePlace,
  signal: AbortSignal,
): AsyncGenerator<RawRecord, void, void> {
  return splitRecords(fileBlocks(path, { from: from.offset, signal }), { from, delimiter, maxBytes });
}

function isEmptyLine({ bytes, wrong }: RawRecord): boolean {
  return wrong === undefined && bytes.byteLength === 0;
}

interface Header {
  readonly columns: readonly string[];
  readonly next: LinePlace;
}

/** The file's first record; `undefined` of an empty file. */
async function readHeader<Item>(source: Source<Item>, signal: AbortSignal): Promise<Header | undefined> {
  for await (const record of recordsFrom(source, FIRST_LINE, signal)) {
    if (isEmptyLine(record)) continue;
    const refuse = (why: string) =>
      new ClassedError("validation", "bad-header", `${source.path}: its header cannot be used: ${why}`);
    if (record.wrong !== undefined) throw refuse(record.wrong.message);
    if (!record.isQuoted && record.bytes.includes(CARRIAGE_RETURN))
      throw refuse("its lines end with CR alone: have them end with LF or CRLF");
    const columns = fieldsOf(record, source.delimiter);
    checkColumns(columns, () => refuse(`columns take ${COLUMNS_TAKE}, not ${columns.join(", ")}`));
    return { columns, next: record.next };
  }
  return undefined;
}

const CARRIAGE_RETURN = 0x0d;
const COLUMNS_TAKE = "names that are not empty and differ";

function checkColumns(columns: readonly string[], refusal: () => Error): void {
  const names = new Set(columns);
  if (columns.length === 0 || names.has("") || names.size < columns.length) throw refusal();
}

function rowOf<Item>(
  record: RawRecord,
  columns: readonly string[],
  { path, delimiter, options }: Source<Item>,
): Promise<Placed<Item> | BadItem> | BadItem {
  const place: RecordPlace = {
    what: `the record on line ${record.line} of ${basename(path)}`,
    key: lineKey(record.line),
    cursor: cursorOf(record.next),
  };
  if (record.wrong !== undefined) return badRecord(place, record.wrong);
  if (record.ends.length !== columns.length) {
    const message = `it has ${record.ends.length} fields; there are ${columns.length} columns`;
    return badRecord(place, { reason: "malformed", message });
  }
  try {
    const fields = fieldsOf(record, delimiter);
    const row = Object.fromEntries(columns.map((column, index) => [column, String(fields[index])]));
    return makeItem(row, place, options);
  } catch (error) {
    return badRecord(place, refusalOf(error));
  }
}
