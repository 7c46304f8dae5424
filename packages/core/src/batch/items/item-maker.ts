/** Makes items of what a file's records hold: checked by a schema, named by a key, or bad with a reason. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ClassedError, MillraceError } from "../../model/errors.ts";
import { checkJson, type Json } from "../../model/json.ts";
import { messageOf } from "../../model/message-of.ts";
import { BadItem } from "../bad-item.ts";
import { isKey, KEY_TAKES, shownKey } from "../item-key.ts";
import { Placed } from "../placed.ts";

/** How records become items. */
export interface ItemOptions<Item> {
  /** Any Standard Schema: a record that does not fit it becomes a bad item, else an item is what it makes of the record. */
  readonly schema?: StandardSchemaV1<unknown, Item> | undefined;
  /** Names an item in the ledger, unique in the step. Its line where left out: `line-0000000007`. */
  readonly key?: ((item: Item) => string) | undefined;
}

/** A record's place. */
export interface RecordPlace {
  /** What it is called in messages: `line 7 of people.ndjson`. */
  readonly what: string;
  /** Its name where its item gives it none. */
  readonly key: string;
  readonly cursor: string;
}

/** What is known of a record that is none. */
interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** The key of an item that is named for its line: keys sort as the lines do. */
export function lineKey(line: number): string {
  return `line-${String(line).padStart(10, "0")}`;
}

/** A record that cannot become an item. */
export function badRecord(place: RecordPlace, { reason, message }: Refusal): BadItem {
  return new BadItem({ key: place.key, cursor: place.cursor, reason, message: `${place.what}: ${message}` });
}

/** The item of a record's value; whatever is wrong with it stays with it. */
export async function makeItem<Item>(
  value: Json,
  place: RecordPlace,
  options: ItemOptions<Item>,
): Promise<Placed<Item> | BadItem> {
  try {
    const { schema } = options;
    const item = schema === undefined ? (value as Item) : await fitted(value, schema); // else the caller's word
    const key = options.key === undefined ? place.key : keyOf(item, options.key);
    return new Placed(item, { cursor: place.cursor, key });
  } catch (error) {
    return badRecord(place, refusalOf(error));
  }
}

async function fitted<Item>(value: Json, schema: StandardSchemaV1<unknown, Item>): Promise<Item> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) {
    checkJson(result.value, "what the schema made of it");
    return result.value;
  }
  const issues = result.issues.map(({ message, path }) => `${pathOf(path)}${message}`);
  throw new ClassedError("validation", "invalid", issues.slice(0, SHOWN_ISSUES).join("; "));
}

const SHOWN_ISSUES = 5;

function pathOf(path: StandardSchemaV1.Issue["path"] = []): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? "" : `${keys.join(".")}: `;
}

function keyOf<Item>(item: Item, name: (item: Item) => string): string {
  const key: unknown = name(item);
  if (isKey(key)) return key;
  throw new ClassedError("validation", "bad-key", `its key is ${shownKey(key)}; it takes ${KEY_TAKES}`);
}

/** What became of a record, in the words of the ledger. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ClassedError) return { reason: error.reason, message: error.message };
  if (error instanceof MillraceError) return { reason: error.code, message: error.message };
  return { reason: error instanceof SyntaxError ? "malformed" : "invalid", message: messageOf(error) };
}
