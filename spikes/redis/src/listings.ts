/** Listings, as plain as the rules of the other verbs allow: a real adapter needs an index for each filter. */
import type { ItemFilter, ItemRow, JobFilter, JobId, JobRow, Page, PageOptions, RunId } from "@millrace/core";
import { listWords, one } from "./script-words.ts";
import type { Place, Scripts } from "./scripts.ts";

const READ_AT_ONCE = 1_000;

type RowReply = readonly [
  id: JobId,
  queue: string,
  name: string,
  tenant: string,
  priority: JobRow["priority"],
  state: JobRow["state"],
  generation: string,
  attempts: string,
  interruptions: string,
  rescues: string,
  parent: JobId | "",
  run: RunId | "",
  created: string,
  due: string,
  finished: string,
  fingerprint: string,
  envelope: string,
  checkpoint: string | null,
  records: string | null,
];

/** Reads all jobs, newest first, and leaves out those that do not fit. */
export async function findJobs(
  { place, scripts }: { readonly place: Place; readonly scripts: Scripts },
  filter: JobFilter,
  page: PageOptions,
): Promise<Page<JobRow>> {
  const ids = filter.ids ? [...new Set(filter.ids)].sort().reverse() : await allIds(place);
  const wanted = ids.filter((id) => page.after === undefined || id < page.after);
  const rows: JobRow[] = [];
  for (let first = 0; first < wanted.length && rows.length <= page.limit; first += READ_AT_ONCE) {
    const words = listWords(wanted.slice(first, first + READ_AT_ONCE), one);
    for (const reply of await scripts.run<(RowReply | null)[]>("read", words)) {
      const row = reply && rowOf(reply);
      if (row && fits(row, filter)) rows.push(row);
    }
  }
  const shown = rows.slice(0, page.limit);
  return rows.length > page.limit ? { rows: shown, next: shown.at(-1)?.id } : { rows: shown };
}

async function allIds({ redis, prefix }: Place): Promise<string[]> {
  return redis.zrange(`${prefix}ids`, "+", "-", "BYLEX", "REV");
}

function rowOf(reply: RowReply): JobRow {
  const [id, queue, name, tenant, priority, state, generation, attempts, interruptions, rescues, ...rest] =
    reply;
  const [parent, run, created, due, finished, fingerprint, envelope, checkpoint, records] = rest;
  const row: Partial<JobRow> = {
    id,
    queue,
    name,
    tenant,
    priority,
    state,
    generation: Number(generation),
    attempts: Number(attempts),
    interruptions: Number(interruptions),
    rescues: Number(rescues),
    ...(parent !== "" && { parent }),
    ...(run !== "" && { run }),
    createdAtMs: Number(created),
    runAtMs: Number(due),
    ...(finished !== "0" && { finishedAtMs: Number(finished) }),
    ...(state === "dead" && { fingerprint }),
    envelope,
    ...(checkpoint !== null && { checkpoint }),
    records: records ?? "",
  };
  return row as JobRow; // whole but for what the port gains later
}

const PLAIN_FIELDS = ["queue", "name", "tenant", "run", "parent"] as const;

function fits(row: JobRow, filter: JobFilter): boolean {
  if (filter.states && !filter.states.includes(row.state)) return false;
  return PLAIN_FIELDS.every((field) => filter[field] === undefined || filter[field] === row[field]);
}

/** Counters of scopes, without zeros. */
export async function readCounters(
  { redis, prefix }: Place,
  scopes: readonly string[],
): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>> {
  const known: [string, Record<string, number>][] = [];
  for (const scope of scopes) {
    const counts = Object.entries(await redis.hgetall(`${prefix}stats:${scope}`)).filter(
      ([, by]) => by !== "0",
    );
    if (counts.length > 0)
      known.push([scope, Object.fromEntries(counts.map(([name, by]) => [name, Number(by)]))]);
  }
  return Object.fromEntries(known);
}

/** A step's ledger by key. */
export async function listItems(
  { redis, prefix }: Place,
  filter: ItemFilter,
  page: PageOptions,
): Promise<Page<ItemRow>> {
  const kept = await redis.hgetall(`${prefix}items:${filter.run}:${filter.step}`);
  const rows = Object.values(kept)
    .map(itemOf)
    .filter((row) => !filter.keys || filter.keys.includes(row.key))
    .filter((row) => !filter.states || filter.states.includes(row.state))
    .filter((row) => page.after === undefined || byBytes(row.key, page.after) > 0)
    .sort((left, right) => byBytes(left.key, right.key));
  const shown = rows.slice(0, page.limit);
  return rows.length > page.limit ? { rows: shown, next: shown.at(-1)?.key } : { rows: shown };
}

/** `<job> <at> <JSON>`, as the scripts keep it. */
function itemOf(text: string): ItemRow {
  const [job = "", at = ""] = text.split(" ", 2);
  const item = JSON.parse(text.slice(job.length + at.length + 2));
  return { ...item, job, atMs: Number(at) };
}

function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
