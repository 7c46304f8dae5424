/** The item ledger on SQL: written with the counters it changes, read by key. */
import {
  type HolderWrite,
  type ItemFilter,
  type ItemOutcome,
  type ItemRow,
  type ItemState,
  type JobId,
  type Page,
  type PageOptions,
  type StepRef,
  stepScope,
} from "@millrace/core";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** Writes the items and counters of writes that hold. */
export async function saveItems(session: Session, writes: readonly HolderWrite[]): Promise<void> {
  const rows = new Map<string, ItemToSave>();
  const deltas: (readonly [string, string, number])[] = [];
  for (const write of writes) {
    const { step, counters = {} } = write;
    if (step === undefined) continue;
    addItems(rows, { ...write, step });
    for (const [name, count] of Object.entries(counters)) {
      deltas.push([stepScope(step), name, count]);
    }
  }
  if (rows.size === 0 && deltas.length === 0) return;
  const known = await session.run<StepRef & { key: string }>("item/insert", [
    JSON.stringify([...rows.values()].map(({ row }) => row)),
    JSON.stringify(deltas),
  ]);
  const again = known.flatMap(({ run, step, key }) => rows.get(rowKey({ run, step }, key)) ?? []);
  const replacing = again.filter(({ isOnlyNew }) => !isOnlyNew).map(({ row }) => row);
  if (replacing.length > 0) await session.run("item/replace", [JSON.stringify(replacing)]);
}

/** Of several outcomes of an item the last counts, but for those of writes that bring only new items. */
function addItems(
  rows: Map<string, ItemToSave>,
  { id, step, items = [], onlyNewItems = false }: HolderWrite & { readonly step: StepRef },
): void {
  for (const item of items) {
    const key = rowKey(step, item.key);
    if (onlyNewItems && rows.has(key)) continue;
    rows.set(key, { row: { ...step, ...rowOf(item), job: id }, isOnlyNew: onlyNewItems });
  }
}

interface ItemToSave {
  readonly row: object;
  readonly isOnlyNew: boolean;
}

function rowKey({ run, step }: StepRef, key: string): string {
  return JSON.stringify([run, step, key]);
}

function rowOf(item: ItemOutcome): object {
  return {
    key: item.key,
    state: item.state,
    stage: item.stage,
    error_class: item.errorClass,
    reason: item.reason,
    message: item.message,
    item: item.item,
    output: item.output,
    tally: item.tally === undefined ? undefined : JSON.stringify(item.tally),
  };
}

interface StoredItem {
  readonly key: string;
  readonly state: ItemState;
  readonly stage: string | null;
  readonly error_class: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly item: string | null;
  readonly output: string | null;
  readonly tally: string | null;
  readonly job: JobId;
  readonly at: string;
}

/** The port's items. */
export async function findItems(
  session: Session,
  filter: ItemFilter,
  page: PageOptions,
): Promise<Page<ItemRow>> {
  const rows = await storedItems(session, filter, page);
  const last = rows.at(-1);
  return {
    rows: rows.map(itemOf),
    ...(rows.length === page.limit && last !== undefined ? { next: last.key } : {}),
  };
}

function storedItems(
  session: Session,
  { run, step, states, keys }: ItemFilter,
  { after, limit }: PageOptions,
): Promise<readonly StoredItem[]> {
  return keys === undefined
    ? session.run("item/find", [run, step, states ?? null, after ?? null, limit])
    : session.run("item/among", [run, step, states ?? null, keys, after ?? null, limit]);
}

function itemOf(row: StoredItem): ItemRow {
  return {
    key: row.key,
    state: row.state,
    ...optional("stage", row.stage),
    ...optional("errorClass", row.error_class),
    ...optional("reason", row.reason),
    ...optional("message", row.message),
    ...optional("item", row.item),
    ...optional("output", row.output),
    ...(row.tally === null ? {} : { tally: JSON.parse(row.tally) as Record<string, number> }), // written by rowOf
    job: row.job,
    atMs: Number(row.at),
  };
}
