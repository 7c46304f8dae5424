/** Reads files of one JSON value a line. */
import { basename } from "node:path";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import type { BadItem } from "../bad-item.ts";
import type { ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import type { Placed } from "../placed.ts";
import { exactJson } from "./exact-json.ts";
import { fileBlocks } from "./file-blocks.ts";
import { badRecord, type ItemOptions, lineKey, makeItem, type RecordPlace, refusalOf } from "./item-maker.ts";
import { checkRecordBytes, MAX_RECORD_BYTES } from "./record-bytes.ts";
import { cursorOf, FIRST_LINE, placeOf, type RawLine, splitLines, utf8 } from "./split-lines.ts";

/** How an NDJSON file is read. */
export interface NdjsonReaderOptions<Item> extends ItemOptions<Item> {
  /** Longest line in bytes, at most 1,000,000; a longer one becomes a bad item. 262,144 where left out. */
  readonly maxLineBytes?: number | undefined;
}

/**
 * A reader of a file with one JSON value a line, which are its items: UTF-8, with LF or CRLF, with or without a byte
 * order mark and an end of the last line, unpacked where the name ends in `.gz`. Empty lines are passed over.
 *
 * The cursor is a place in the file: reading on after a restart begins there, except in a compressed file, which is
 * unpacked from its start. A line that is no JSON, is too long, is not UTF-8, has numbers that would be rounded, or does
 * not fit the schema becomes a bad item, with its line number; reading goes on behind it. At most one line and 64 KiB
 * are held.
 * @throws MillraceError `bad-config` for options that mean nothing.
 */
export function ndjsonReader<Item = unknown>(
  path: string,
  options: NdjsonReaderOptions<Item> = {},
): Reader<Item> {
  refuseUnknownKeys("ndjsonReader", options, ["schema", "key", "maxLineBytes"]);
  if (typeof path !== "string" || path === "")
    throw badOption("ndjsonReader.path", path, "the path of a file");
  const maxBytes = checkRecordBytes("ndjsonReader.maxLineBytes", options.maxLineBytes ?? MAX_RECORD_BYTES);
  return { read: (context) => readLines({ path, maxBytes, options }, context) };
}

interface Source<Item> {
  readonly path: string;
  readonly maxBytes: number;
  readonly options: ItemOptions<Item>;
}

async function* readLines<Item>(
  { path, maxBytes, options }: Source<Item>,
  { cursor, signal }: Pick<ReadContext<unknown>, "cursor" | "signal">,
): AsyncGenerator<Placed<Item> | BadItem, void, void> {
  const from = cursor === undefined ? FIRST_LINE : placeOf(cursor);
  const blocks = fileBlocks(path, { from: from.offset, signal });
  for await (const line of splitLines(blocks, { from, maxBytes })) {
    if (line.size > 0) yield itemOfLine(line, { path, maxBytes, options });
  }
}

function itemOfLine<Item>(
  line: RawLine,
  { path, maxBytes, options }: Source<Item>,
): Promise<Placed<Item> | BadItem> | BadItem {
  const place: RecordPlace = {
    what: `line ${line.line} of ${basename(path)}`,
    key: lineKey(line.line),
    cursor: cursorOf(line.next),
  };
  if (line.bytes === undefined) {
    const message = `it has ${line.size} bytes, more than the ${maxBytes} of maxLineBytes`;
    return badRecord(place, { reason: "too-large", message });
  }
  try {
    return makeItem(exactJson(utf8(line.bytes), "the line"), place, options);
  } catch (error) {
    return badRecord(place, refusalOf(error));
  }
}
