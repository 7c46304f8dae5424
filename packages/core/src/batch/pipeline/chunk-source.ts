/** A chunk step's reader as the engine uses it: whatever it is made of, it gives items with their place and name. */
import type { OpenReader } from "../chunk-step.ts";
import type { ReadContext } from "../contexts.ts";
import type { ChunkOptions, Reader } from "../definition.ts";
import { COUNTED, OWN } from "./place-item.ts";
import { PlacedItems } from "./placed-items.ts";

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
  return (context) => {
    const { read, reader } = options;
    const { own, counted } = cursorsOf(context.cursor);
    const at = { ...context, cursor: own };
    const made: Partial<Reader<unknown>> | undefined = typeof reader === "function" ? reader(at) : reader;
    const items = new PlacedItems({
      open: () => {
        const counting = { ...at, count: unlessPassingOver(items, context.count) };
        return read === undefined ? made?.read?.(counting) : read(counting);
      },
      after: counted,
      cursor: options.cursor ?? made?.cursor?.bind(made),
      key: options.key ?? made?.key?.bind(made),
    });
    return items;
  };
}

/** What a reader says again of items that were read before has been counted then. */
function unlessPassingOver(items: PlacedItems, count: AnyReadContext["count"]): AnyReadContext["count"] {
  return (name, amount) => {
    if (!items.isPassingOver) count(name, amount);
  };
}

/** A cursor is the reader's own, or a number of items. */
function cursorsOf(cursor: string | undefined): { readonly own?: string; readonly counted?: number } {
  if (cursor?.startsWith(OWN)) return { own: cursor.slice(OWN.length) };
  return cursor?.startsWith(COUNTED) ? { counted: Number(cursor.slice(COUNTED.length)) } : {};
}

/** What names an item without its place. */
export function keyOf({ key, reader }: AnyChunkOptions): ((item: unknown) => string) | undefined {
  if (key !== undefined || typeof reader !== "object") return key;
  return reader.key?.bind(reader);
}
