/** What tests of readers share: files in a folder of their own, and reading from a cursor on. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BadItem } from "../bad-item.ts";
import { Placed, type ReadContext, type Reader } from "../definition.ts";

/** What a reader gave, with its place. */
export interface Seen {
  readonly key: string;
  readonly cursor: string;
  readonly item?: unknown;
  /** Of a bad item. */
  readonly reason?: string;
  readonly message?: string;
}

/** A folder for the tests of a file, to be removed after them. */
export function testFolder(): { path(name: string): string; remove(): void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "millrace-items-")));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true }) };
}

/** The context of a reading from behind a cursor. */
export function readingFrom(cursor?: string, counts: Record<string, number> = {}): ReadContext<never> {
  return {
    params: undefined as never,
    cursor,
    signal: new AbortController().signal,
    count: (name, amount) => {
      counts[name] = (counts[name] ?? 0) + amount;
    },
  };
}

/** Everything a reader gives from behind a cursor. */
export async function readAll(
  reader: Reader<unknown>,
  context: ReadContext<unknown> = readingFrom(),
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const given of reader.read(context)) seen.push(seenOf(given));
  return seen;
}

function seenOf(given: unknown): Seen {
  if (given instanceof Placed) return { key: given.key, cursor: given.cursor, item: given.item };
  if (!(given instanceof BadItem)) throw new TypeError("a reader gave an item without its place");
  const { key, cursor, reason, message } = given;
  return { key, cursor, reason, message };
}
