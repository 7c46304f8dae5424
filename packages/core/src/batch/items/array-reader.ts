/** Reads arrays and any other sequence that gives the same items in the same order each time. */
import { ClassedError } from "../../model/errors.ts";
import { badOption, refuseUnknownKeys } from "../../model/options.ts";
import type { ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import { isKey, KEY_TAKES } from "../item-key.ts";
import { Placed } from "../placed.ts";

/** How an array is read. */
export interface ArrayReaderOptions<Item> {
  /** Names an item in the ledger, unique in the step. Its number from 1, as ten digits, where left out. */
  readonly key?: ((item: Item, index: number) => string) | undefined;
}

/**
 * A reader of an array, or of what a function gives when reading begins: the same items in the same order after a
 * restart, or some are left out or done twice. The cursor is how many items were read. Items must be JSON.
 * @throws MillraceError `bad-config` for what is no array.
 */
export function arrayReader<Item>(
  items: readonly Item[] | (() => readonly Item[] | Promise<readonly Item[]>),
  options: ArrayReaderOptions<Item> = {},
): Reader<Item> {
  refuseUnknownKeys("arrayReader", options, ["key"]);
  if (!Array.isArray(items) && typeof items !== "function") {
    throw badOption("arrayReader.items", items, "an array, or a function that gives one");
  }
  return {
    read: async function* ({ cursor, total }) {
      const all = typeof items === "function" ? await items() : items;
      total(all.length);
      for (let index = countOf(cursor); index < all.length; index += 1) {
        const item = all[index] as Item; // in range
        yield placed(item, index, options);
      }
    },
  };
}

/** How a sequence is read. */
export interface IterableReaderOptions<Item> extends ArrayReaderOptions<Item> {
  /**
   * Where an item stands: any text that differs from item to item. Reading on goes on behind the item of that text,
   * wherever it stands by then. How many items were read where left out.
   */
  readonly cursor?: ((item: Item) => string) | undefined;
}

/**
 * A reader of what a function gives: an iterable, synchronous or not, with the same items in the same order each time.
 * Nothing tells it where to go on: after a restart **it is read again from its start**, and what was read before is
 * passed over. For sources that can be asked for what comes behind a place, write `read` yourself.
 * @throws MillraceError `bad-config`; reading throws a ClassedError of class validation where the item it was to go on
 * behind is not there any more.
 */
export function iterableReader<Item>(
  open: (context: Pick<ReadContext<unknown>, "signal">) => AsyncIterable<Item> | Iterable<Item>,
  options: IterableReaderOptions<Item> = {},
): Reader<Item> {
  refuseUnknownKeys("iterableReader", options, ["key", "cursor"]);
  if (typeof open !== "function")
    throw badOption("iterableReader.open", open, "a function that gives an iterable");
  return { read: (context) => readAgain(open, options, context) };
}

async function* readAgain<Item>(
  open: (context: Pick<ReadContext<unknown>, "signal">) => AsyncIterable<Item> | Iterable<Item>,
  options: IterableReaderOptions<Item>,
  { cursor, signal }: Pick<ReadContext<unknown>, "cursor" | "signal">,
): AsyncGenerator<Placed<Item>, void, void> {
  let index = 0;
  let isBehind = cursor === undefined;
  for await (const item of open({ signal })) {
    signal.throwIfAborted();
    const at = placed(item, index, options);
    index += 1;
    if (isBehind) yield at;
    else isBehind = at.cursor === cursor;
  }
  if (isBehind) return;
  throw new ClassedError(
    "validation",
    "changed",
    `the sequence no longer has the item at "${cursor}", which it was to go on behind, among ${index}: start a new run`,
  );
}

function placed<Item>(item: Item, index: number, { key, cursor }: IterableReaderOptions<Item>): Placed<Item> {
  const name = key === undefined ? String(index + 1).padStart(10, "0") : key(item, index);
  if (!isKey(name)) {
    throw new ClassedError("validation", "bad-key", `item ${index} has a key that is not ${KEY_TAKES}`);
  }
  return new Placed(item, { cursor: cursor === undefined ? String(index + 1) : cursor(item), key: name });
}

function countOf(cursor: string | undefined): number {
  const count = Number(cursor ?? 0);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new ClassedError("validation", "changed", `"${cursor}" is no place in an array: start a new run`);
}
