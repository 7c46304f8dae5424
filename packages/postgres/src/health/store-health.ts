/** How a store is: its clock, its hot table, what nobody sees to. */
import type { Priority } from "@millrace/core";
import { optional, priorityOf } from "../codes.ts";
import { sessionOn } from "../session.ts";
import type { SqlClient } from "../sql-client.ts";
import { statementsFor } from "../statements.ts";

/** Counts stop here. */
const MOST_SEEN = 10_000;
/** Jobs that `health/unserved` looks at of each queue and class. */
const SAMPLE = 1_000;

/** A count that has stopped where `isMore`: so many or more. */
export interface Count {
  readonly count: number;
  readonly isMore: boolean;
}

/** Jobs that are due and that no live worker takes. */
export interface Unserved {
  readonly queue: string;
  readonly name: string;
  readonly priority: Priority;
  /** Among the first 1,000 of their queue and class. */
  readonly jobs: Count;
  /** Of the one due longest. */
  readonly ageMs: number;
}

/** The table of live jobs, as the server last counted. */
export interface HotTable {
  readonly liveRows: number;
  readonly deadRows: number;
  /** With its indexes. */
  readonly bytes: number;
  /** When it was last vacuumed, on the server's clock; left out where it never was. */
  readonly vacuumedAtMs?: number | undefined;
}

/** How a store is. Ages are by the store's clock, left out where there is nothing. */
export interface StoreHealth {
  /** The store's now, read between `beforeMs` and `afterMs` of this process's clock. */
  readonly clock: { readonly storeMs: number; readonly beforeMs: number; readonly afterMs: number };
  readonly hotTable?: HotTable | undefined;
  /** Journal rows not folded yet: counts and events lag behind by them. */
  readonly unfolded: { readonly rows: Count; readonly ageMs?: number | undefined };
  readonly deadLetters: { readonly jobs: Count; readonly ageMs?: number | undefined };
  readonly liveWorkers: number;
  readonly unserved: readonly Unserved[];
}

interface BacklogRow {
  readonly now: string;
  readonly unfolded: number;
  readonly unfolded_age: string | null;
  readonly dead: number;
  readonly dead_age: string | null;
  readonly workers: number;
}

interface TableRow {
  readonly live: string;
  readonly dead: string;
  readonly bytes: string;
  readonly vacuumed: string | null;
}

interface UnservedRow {
  readonly queue: string;
  readonly name: string;
  readonly class: number;
  readonly jobs: number;
  readonly age: string;
}

/** Looks at the store in `schema`, which must be up to date; changes nothing. @throws MillraceError as `query`. */
export async function storeHealth(client: SqlClient, schema: string): Promise<StoreHealth> {
  const session = sessionOn(client, statementsFor(schema));
  const seen = () => session.run<BacklogRow>("health/backlog", [MOST_SEEN]);
  await seen(); // connects and parses, so that the next answer takes no longer than it must
  const beforeMs = Date.now();
  const [backlog] = await seen();
  const afterMs = Date.now();
  const [table] = await session.run<TableRow>("health/table", []);
  const unserved = await session.run<UnservedRow>("health/unserved", []);
  return {
    clock: { storeMs: Number(backlog?.now), beforeMs, afterMs },
    ...(table === undefined ? {} : { hotTable: hotTableOf(table) }),
    unfolded: { rows: countOf(backlog?.unfolded, MOST_SEEN), ...optionalMs(backlog?.unfolded_age) },
    deadLetters: { jobs: countOf(backlog?.dead, MOST_SEEN), ...optionalMs(backlog?.dead_age) },
    liveWorkers: backlog?.workers ?? 0,
    unserved: unserved.map(unservedOf),
  };
}

function hotTableOf({ live, dead, bytes, vacuumed }: TableRow): HotTable {
  return {
    liveRows: Number(live),
    deadRows: Number(dead),
    bytes: Number(bytes),
    ...optional("vacuumedAtMs", vacuumed === null ? null : Number(vacuumed)),
  };
}

function unservedOf({ queue, name, class: code, jobs, age }: UnservedRow): Unserved {
  return { queue, name, priority: priorityOf(code), jobs: countOf(jobs, SAMPLE), ageMs: Number(age) };
}

function countOf(count = 0, most: number): Count {
  return { count, isMore: count >= most };
}

function optionalMs(age: string | null | undefined): { readonly ageMs?: number } {
  return age === null || age === undefined ? {} : { ageMs: Number(age) };
}
