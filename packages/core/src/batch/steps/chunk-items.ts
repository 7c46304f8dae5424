/** A chunk's items as its job carries them, and as they are worked on. */
import type { Json } from "../../model/json.ts";
import { BadItem, type BadItemInit } from "../bad-item.ts";
import type { ChunkStep } from "../chunk-step.ts";
import type { Placed } from "../placed.ts";
import { elsewhere } from "../run/elsewhere.ts";
import type { ChunkPayload } from "../run-jobs.ts";

type Packed = Pick<ChunkPayload, "items" | "keys" | "bad">;

/** The items with what names them, where they do not do so themselves. They are still to be checked for being JSON. */
export function packItems({ key }: Pick<ChunkStep, "key">, part: readonly Placed<unknown>[]): Packed {
  const bad = [...part.keys()].filter((position) => part[position]?.item instanceof BadItem);
  return {
    items: part.map(({ item }) => (item instanceof BadItem ? { ...item } : item) as Json),
    keys: key === undefined ? part.map((placed) => placed.key) : undefined,
    bad: bad.length === 0 ? undefined : bad,
  };
}

/** The items, those that are none as {@link BadItem}. */
export function unpackItems({ items, bad = [] }: Packed): readonly unknown[] {
  if (bad.length === 0) return items;
  const places = new Set(bad);
  return items.map((item, position) =>
    places.has(position) ? new BadItem(item as unknown as BadItemInit) : item,
  ); // what packItems made of one
}

/**
 * The name of the item at this place in a chunk. @throws PutOffError where neither the chunk nor the step
 * has one: a program has spawned it whose step named its items, which this one does not.
 */
export function chunkKey({ name, key }: Naming, items: readonly unknown[], at: Place): string {
  const item = items[at.position];
  if (item instanceof BadItem) return item.key;
  const own = at.keys === undefined ? key?.(item) : at.keys[at.position];
  if (own !== undefined) return own;
  const message = `a chunk of step "${name}" carries no names of its items, which its program's \`key\` told; start one whose step has it`;
  throw elsewhere(message);
}

type Naming = Pick<ChunkStep, "name" | "key">;

interface Place extends Pick<Packed, "keys"> {
  readonly position: number;
}
