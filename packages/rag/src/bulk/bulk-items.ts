/** A bulk source as items of a chunk step: each named by its id, repeated and malformed ones told apart. */
import { BadItem, ClassedError, Placed, type ReadContext, type Reader, type RunId } from "@millrace/core";
import { ndjsonReader, uploadReader } from "@millrace/core/items";
import type { BulkSource } from "./bulk-params.ts";
import { idOf } from "./bulk-record.ts";
import { numberedRecords } from "./numbered-records.ts";
import { findRepeats, type Repeats } from "./repeated-ids.ts";

/** An item whose id comes again later: it is passed over, and reported. */
export interface RepeatedItem {
  readonly repeated: string;
}

/** What reads a run's records; each must give the same ones in the same order every time. */
export type RecordReader<Params> = (params: Params) => Reader<unknown>;

/** The reader that the parameters name. */
export function sourceReader({ file, upload }: BulkSource): Reader<unknown> {
  return upload === undefined ? ndjsonReader(file ?? "") : uploadReader(upload);
}

type Reading = Pick<ReadContext<unknown>, "cursor" | "signal" | "params">;

/** Of a reading that counts nothing. */
export const UNCOUNTED: Pick<ReadContext<unknown>, "count" | "total"> = Object.freeze({
  count: () => undefined,
  total: () => undefined,
});

/** Looks through the whole source for ids that come more than once. */
export function repeatsIn(
  reader: Reader<unknown>,
  context: Omit<ReadContext<unknown>, "cursor">,
): Promise<Repeats> {
  return findRepeats(async function* () {
    for await (const { index, record } of numberedRecords(reader, { ...context, cursor: undefined })) {
      context.signal.throwIfAborted();
      yield { index, id: idOf(record) };
    }
  });
}

/** How records become items. */
export interface ItemSource<Item> {
  readonly reader: Reader<unknown>;
  readonly run: RunId;
  /** What looking through it has found; nothing where it was not. */
  readonly found: Repeats | null | undefined;
  /** Makes an item of a record and its id. @throws ClassedError */
  itemOf(record: unknown, defaultId: string): Item & { readonly id: string };
}

/** Items from behind the cursor. An item without an id is named `<run>:<number>`. */
export async function* bulkItems<Item>(
  { reader, run, found, itemOf }: ItemSource<Item>,
  context: ReadContext<unknown> & Reading,
): AsyncGenerator<Placed<Item | RepeatedItem> | BadItem, void, void> {
  if (found != null) context.total(found.items);
  const passedOver = new Set(found?.superseded);
  for await (const { index, cursor, record } of numberedRecords(reader, context)) {
    const name = `${run}:${index}`;
    if (record instanceof BadItem) {
      const { reason, message, errorClass } = record;
      yield new BadItem({ key: name, cursor, reason, message, errorClass });
    } else if (passedOver.has(index)) {
      const id = idOf(record) ?? name;
      yield new Placed({ repeated: id }, { cursor, key: `${name}:${shortened(id)}` });
    } else yield itemAt({ name, cursor }, () => itemOf(record, name));
  }
}

function itemAt<Item extends { readonly id: string }>(
  at: { readonly name: string; readonly cursor: string },
  make: () => Item,
): Placed<Item> | BadItem {
  try {
    const item = make();
    return new Placed(item, { cursor: at.cursor, key: item.id });
  } catch (error) {
    if (!(error instanceof ClassedError)) throw error;
    const { reason, message, errorClass } = error;
    return new BadItem({ key: at.name, cursor: at.cursor, reason, message, errorClass });
  }
}

const SHOWN_ID = 100;

function shortened(id: string): string {
  return id.slice(0, SHOWN_ID).toWellFormed();
}
