/** Reads a real store's audit whole, in the shape the model shows its own, and checks every chain on the way. */
import {
  AuditCheck,
  type AuditRecord,
  type AuditRow,
  type ChainedRow,
  readAuditText,
  type Store,
} from "@millrace/core";
import { allPages } from "./all-pages.ts";
import type { PlacedRecord, ShownAudit } from "./audit.ts";

/** Chains all there is, so many records in each pass. */
export async function chainWhole(store: Store, limit: number): Promise<void> {
  while ((await store.chainAudit({ limit })).chained > 0);
}

/** Every chain, and what is wrong with any of them. */
export async function readAudit(store: Store, limit: number): Promise<ShownAudit> {
  await chainWhole(store, limit);
  const shown: [string, readonly PlacedRecord[]][] = [];
  const damages: string[] = [];
  const all: ChainedRow[] = [];
  for (const chain of await store.auditChains()) {
    const check = new AuditCheck(chain);
    const rows = await wholeChain(store, chain.tenant, limit);
    for (const row of rows) check.add(row);
    damages.push(...check.end().map(({ kind, says }) => `"${chain.tenant}" ${kind}: ${says}`));
    shown.push([chain.tenant, rows.map(placedOf)]);
    all.push(...rows);
  }
  damages.push(...(await differingListing(store, all, limit)));
  return { chains: Object.fromEntries(shown), damages };
}

async function wholeChain(store: Store, tenant: string, limit: number): Promise<readonly ChainedRow[]> {
  const rows: ChainedRow[] = [];
  for (;;) {
    const page = await store.auditChain(tenant, { after: rows.at(-1)?.place.n ?? 0, limit });
    rows.push(...page);
    if (page.length < limit) return rows;
  }
}

/** The listing has the same records, newest first. */
async function differingListing(
  store: Store,
  rows: readonly ChainedRow[],
  limit: number,
): Promise<readonly string[]> {
  const listed = await allPages(limit, (page) => store.findAudit({}, page));
  const texts = (of: readonly AuditRow[]) => JSON.stringify(of.map(({ text }) => text).sort());
  const isInOrder = listed.every(({ atMs }, index) => atMs >= (listed[index + 1]?.atMs ?? 0));
  return [
    ...(texts(listed) === texts(rows) ? [] : ["the listing has other records"]),
    ...(isInOrder ? [] : ["the listing is not newest first"]),
  ];
}

/** Which hash a record of pruning tells is the store's own affair; that it is right is what the check has shown. */
function placedOf({ place, text }: ChainedRow): PlacedRecord {
  const record = readAuditText(text);
  if (record === undefined) throw new Error(`a record that is none: ${text}`);
  return { n: place.n, record: record.type === "audit.pruned" ? withoutHash(record) : record };
}

function withoutHash(record: AuditRecord): AuditRecord {
  return { ...record, details: { ...record.details, hash: "*" } };
}
