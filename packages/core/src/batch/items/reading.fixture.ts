/** What tests of readers share: files in a folder of their own, and reading from a cursor on. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunId } from "../../model/ids.ts";
import { BadItem } from "../bad-item.ts";
import type { ContextValues, ReadContext } from "../contexts.ts";
import type { Reader } from "../definition.ts";
import { Placed } from "../placed.ts";

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
export function readingFrom(
  cursor?: string,
  counts: Record<string, number> = {},
): ReadContext<unknown, unknown, unknown> {
  return {
    params: undefined,
    partition: undefined,
    steps: undefined,
    run: { ...values(), id: "run" as RunId, tenant: "" },
    step: values(),
    cursor,
    signal: new AbortController().signal,
    count: (name, amount) => {
      counts[name] = (counts[name] ?? 0) + amount;
    },
    total: () => undefined,
  };
}

function values(): ContextValues {
  const kept = new Map<string, unknown>();
  return {
    get: <Value>(key: string) => kept.get(key) as Value | undefined,
    set: (key, value) => void kept.set(key, value),
  };
}

/** Everything a reader gives from behind a cursor. */
export async function readAll(
  reader: Reader<unknown>,
  context: ReadContext<unknown, unknown, unknown> = readingFrom(),
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
