/** Gives what a reader gave its place and its name; what nothing can name is a bad item of its own. */
import { createHash } from "node:crypto";
import type { MillraceError } from "../../model/errors.ts";
import { messageOf } from "../../model/message-of.ts";
import { BadItem } from "../bad-item.ts";
import { isKey, KEY_TAKES, shownKey } from "../item-key.ts";
import { Placed } from "../placed.ts";

/** What tells an item's place and name by the item itself, where anything does. */
export interface Placing {
  readonly cursor: ((item: unknown) => string) | undefined;
  readonly key: ((item: unknown) => string) | undefined;
}

/** Cursors the step's own code made, and numbers of items where it makes none. */
export const OWN = "c";
export const COUNTED = "n";
const DIGITS = 12;

/** Which of the things a reader has given one is. */
export interface Turn {
  /** From 1. */
  readonly count: number;
  /** Whether it is the reader's way to have its items numbered. */
  readonly isCounted: boolean;
}

/** `read`: what the reader gave. */
export function placeItem(placing: Placing, read: unknown, { count, isCounted }: Turn): Placed<unknown> {
  if (read instanceof BadItem)
    return placedBad(read, isCounted ? `${COUNTED}${count}` : `${OWN}${read.cursor}`);
  const item = read instanceof Placed ? read.item : read;
  const own = placing.cursor?.(item) ?? (read instanceof Placed ? read.cursor : undefined);
  const cursor = own === undefined ? `${COUNTED}${count}` : `${OWN}${own}`;
  try {
    const key = keyOf(placing, read, own ?? String(count).padStart(DIGITS, "0"));
    if (isKey(key)) return new Placed(item, { cursor, key });
    return unnamed(cursor, `its key is ${shownKey(key)}; it takes ${KEY_TAKES}`);
  } catch (error) {
    return unnamed(cursor, `the step's key function failed: ${messageOf(error)}`);
  }
}

/** `place`: the item's own, or its number; one that goes on behind a place of its own counts from 1 again. */
function keyOf({ key }: Placing, read: unknown, place: string): unknown {
  if (key !== undefined) return key(read instanceof Placed ? read.item : read);
  return read instanceof Placed ? read.key : place;
}

function placedBad(bad: BadItem, cursor: string): Placed<BadItem> {
  const named = isKey(bad.key) ? bad : new BadItem({ ...bad, key: nameAt(cursor) });
  return new Placed(named, { cursor, key: named.key });
}

function unnamed(cursor: string, why: string): Placed<BadItem> {
  const message = `the item at ${cursor.slice(1, MAX_SHOWN)} cannot be named: ${why}`;
  const bad = new BadItem({ key: nameAt(cursor), cursor, reason: "bad-key", message });
  return new Placed(bad, { cursor, key: bad.key });
}

const MAX_SHOWN = 200;
const MAX_MESSAGE = 1_000;

/** The same whenever the item is read, and no other's. */
function nameAt(cursor: string): string {
  return `unnamed-${createHash("sha256").update(cursor).digest("hex").slice(0, 32)}`;
}

/** What takes the place of an item that no job can carry: small, whatever the item, its place and its flaw are. */
export function unfitItem({ key, cursor }: Placed<unknown>, error: MillraceError): Placed<BadItem> {
  const bad = new BadItem({
    key,
    cursor: cursor.slice(0, MAX_SHOWN).toWellFormed(),
    reason: error.code,
    message: error.message.slice(0, MAX_MESSAGE).toWellFormed(),
  });
  return new Placed(bad, { cursor, key });
}
