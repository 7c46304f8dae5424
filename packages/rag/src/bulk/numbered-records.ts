/** Numbers what a reader gives, and remembers the number in the cursor: records without an id are named for it. */
import { BadItem, Placed, type ReadContext, type Reader } from "@millrace/core";

/** One record of a source. */
export interface NumberedRecord {
  /** From 0, in the source's order. */
  readonly index: number;
  /** Behind the record. */
  readonly cursor: string;
  /** Not looked at yet; a {@link BadItem} where the reader could make none. */
  readonly record: unknown;
}

type AnyReadContext = ReadContext<unknown>;

/** Reads from behind the context's cursor, which is one that this function gave. */
export async function* numberedRecords(
  reader: Reader<unknown>,
  context: AnyReadContext,
): AsyncGenerator<NumberedRecord, void, void> {
  const from = placeOf(context.cursor);
  let index = from.inner === undefined ? 0 : from.count;
  for await (const read of reader.read({ ...context, cursor: from.inner })) {
    const record: unknown = read instanceof Placed ? read.item : read;
    const inner = innerCursor(reader, read, record);
    if (index >= from.count) yield { index, record, cursor: cursorOf(index + 1, inner) };
    index += 1;
  }
}

function innerCursor(reader: Reader<unknown>, read: unknown, record: unknown): string | undefined {
  if (read instanceof Placed || read instanceof BadItem) return read.cursor;
  return reader.cursor?.(record);
}

/** How many records were read; where the reader tells its place, also that. */
function cursorOf(count: number, inner: string | undefined): string {
  return inner === undefined ? String(count) : `${count}:${inner}`;
}

function placeOf(cursor: string | undefined): { readonly count: number; readonly inner: string | undefined } {
  if (cursor === undefined) return { count: 0, inner: undefined };
  const end = cursor.indexOf(":");
  return end < 0
    ? { count: Number(cursor), inner: undefined }
    : { count: Number(cursor.slice(0, end)), inner: cursor.slice(end + 1) };
}
