/** A chunk step's reader as the engine uses it: whatever it is made of, it gives items with their place and name. */
import { ClassedError } from "../../model/errors.ts";
import type { OpenReader } from "../chunk-step.ts";
import type { ReadContext } from "../contexts.ts";
import type { ChunkOptions, Items, Reader } from "../definition.ts";
import type { Placed } from "../placed.ts";
import { COUNTED, OWN, placeItem } from "./place-item.ts";

/** Options of a step of any types. */
export type AnyChunkOptions = Omit<
  ChunkOptions<unknown, unknown, unknown, unknown, unknown, unknown>,
  "process"
> & {
  process?: ChunkOptions<unknown, unknown, unknown, unknown, unknown, unknown>["process"] | undefined;
};
type AnyReadContext = ReadContext<unknown, unknown, unknown>;

/** What opens the step's reader, at its start or behind a cursor it gave before. */
export function readerOf(options: AnyChunkOptions): (context: AnyReadContext) => OpenReader<unknown> {
  return (context) => ({ items: placed(sourceOf(options, context), context) });
}

/** What names an item without its place. */
export function keyOf({ key, reader }: AnyChunkOptions): ((item: unknown) => string) | undefined {
  if (key !== undefined) return key;
  if (typeof reader !== "object" || reader.key === undefined) return undefined;
  return (item) => reader.key?.(item) ?? "";
}

/** What a step reads by. */
interface Source {
  read(context: AnyReadContext): Items<unknown>;
  readonly cursor: ((item: unknown) => string) | undefined;
  readonly key: ((item: unknown) => string) | undefined;
}

function sourceOf(options: AnyChunkOptions, context: AnyReadContext): Source {
  const { read, reader } = options;
  const made: Partial<Reader<unknown>> | undefined = typeof reader === "function" ? reader(context) : reader;
  return {
    read: (at) => (read === undefined ? made?.read?.(at) : read(at)) as Items<unknown>, // checked where it is read
    cursor: options.cursor ?? made?.cursor?.bind(made),
    key: options.key ?? made?.key?.bind(made),
  };
}

async function* placed(source: Source, context: AnyReadContext): AsyncGenerator<Placed<unknown>> {
  const { cursor } = context;
  let isCounted = cursor?.startsWith(COUNTED) === true;
  const toSkip = isCounted ? Number(cursor?.slice(COUNTED.length)) : 0;
  const own = cursor?.startsWith(OWN) ? cursor.slice(OWN.length) : undefined;
  let count = 0;
  for await (const read of iterable(source.read({ ...context, cursor: own }))) {
    count += 1;
    if (count <= toSkip) continue;
    const item = placeItem(source, read, { count, isCounted });
    isCounted = item.cursor.startsWith(COUNTED);
    yield item;
  }
}

/** A function that forgot to return its items must not pass for one that has none. */
function iterable(items: unknown): Items<unknown> {
  const isOne = (way: symbol) => typeof items === "object" && items !== null && way in items;
  if (typeof items === "string" || isOne(Symbol.iterator) || isOne(Symbol.asyncIterator))
    return items as Items<unknown>; // by its own word
  const what = items instanceof Promise ? "a promise" : String(items).slice(0, MAX_SHOWN);
  const message = `the step's reader gave ${what}; it takes an iterable: make it a generator, \`function*\` or \`async function*\``;
  throw new ClassedError("validation", "bad-reader", message);
}

const MAX_SHOWN = 100;
