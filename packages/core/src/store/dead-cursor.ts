/** Cursors of groups of dead letters: where in their order a page ends. */
import { MillraceError } from "../model/errors.ts";
import type { DeadGroup } from "./dead-store.ts";

/** What the order goes by. */
export type GroupPlace = readonly [fingerprint: string, name: string, queue: string];

/** The cursor behind a group. */
export function groupCursor({ fingerprint, name, queue }: DeadGroup): string {
  return JSON.stringify([fingerprint, name, queue]);
}

/** The place a cursor stands for. @throws MillraceError `bad-input` for anything else. */
export function groupPlace(cursor: string): GroupPlace {
  const parts = partsOf(cursor);
  if (parts !== undefined) return parts;
  throw new MillraceError(
    "bad-input",
    `"${cursor}" is no page of dead letters; pass the next of an earlier page`,
  );
}

function partsOf(cursor: string): GroupPlace | undefined {
  try {
    const parts: unknown = JSON.parse(cursor);
    const isPlace =
      Array.isArray(parts) && parts.length === 3 && parts.every((each) => typeof each === "string");
    return isPlace ? (parts as unknown as GroupPlace) : undefined; // just looked at
  } catch {
    return undefined;
  }
}

/** Where a dead letter stands among those that died last: an instant in the store's own unit, then its id. */
export interface LetterPlace {
  readonly at: string;
  readonly id: string;
}

/** The cursor behind a dead letter. */
export function letterCursor({ at, id }: LetterPlace): string {
  return `${at}.${id}`;
}

/** The place a cursor stands for. @throws MillraceError `bad-input` for anything else. */
export function letterPlace(cursor: string): LetterPlace {
  const [, at, id] = /^(\d{1,18})\.([0-9a-f-]{36})$/.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return { at, id };
  throw new MillraceError(
    "bad-input",
    `"${cursor}" is no page of dead letters; pass the next of an earlier page`,
  );
}
