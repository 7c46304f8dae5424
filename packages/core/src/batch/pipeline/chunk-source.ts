/** A chunk step's reader as the engine uses it: whatever it is made of, it gives items with their place and name. */
import { BadItem } from "../bad-item.ts";
import type { OpenReader } from "../chunk-step.ts";
import type { ReadContext } from "../contexts.ts";
import type { ChunkOptions, Items, Reader } from "../definition.ts";
import { Placed } from "../placed.ts";

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
    read: (at) => read?.(at) ?? made?.read?.(at) ?? [],
    cursor: options.cursor ?? made?.cursor?.bind(made),
    key: options.key ?? made?.key?.bind(made),
  };
}

/** Cursors the step's own code made, and numbers of items where it makes none. */
const OWN = "c";
const COUNTED = "n";
const DIGITS = 12;

async function* placed(source: Source, context: AnyReadContext): AsyncGenerator<Placed<unknown>> {
  const { cursor } = context;
  const toSkip = cursor?.startsWith(COUNTED) ? Number(cursor.slice(COUNTED.length)) : 0;
  const own = cursor?.startsWith(OWN) ? cursor.slice(OWN.length) : undefined;
  let count = 0;
  for await (const read of source.read({ ...context, cursor: own })) {
    count += 1;
    if (count > toSkip) yield place(source, read, count);
  }
}

function place(source: Source, read: unknown, count: number): Placed<unknown> {
  if (read instanceof BadItem) return new Placed(read, { cursor: `${OWN}${read.cursor}`, key: read.key });
  const item = read instanceof Placed ? read.item : read;
  const own = source.cursor?.(item) ?? (read instanceof Placed ? read.cursor : undefined);
  const number = String(count).padStart(DIGITS, "0");
  return new Placed(item, {
    cursor: own === undefined ? `${COUNTED}${count}` : `${OWN}${own}`,
    key: source.key?.(item) ?? (read instanceof Placed ? read.key : number),
  });
}
