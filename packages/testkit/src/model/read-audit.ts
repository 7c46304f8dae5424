/** Reads a real store's audit whole, in the shape the model shows its own, and checks every chain on the way. */
import { AuditCheck, type AuditRecord, type ChainedRow, readAuditText, type Store } from "@millrace/core";
import { allPages } from "./all-pages.ts";
import type { PlacedRecord } from "./audit.ts";

/** Chains all there is, so many records in each pass. */
export async function chainWhole(store: Store, limit: number): Promise<void> {
  while ((await store.chainAudit({ limit })).chained > 0);
}

/** Every chain. @throws Error where one is not sound, or where the listing shows anything else. */
export async function readAudit(
  store: Store,
  limit: number,
): Promise<Readonly<Record<string, readonly PlacedRecord[]>>> {
  await chainWhole(store, limit);
  const chains = await store.auditChains();
  const shown: [string, readonly PlacedRecord[]][] = [];
  const all: ChainedRow[] = [];
  for (const chain of chains) {
    const check = new AuditCheck(chain);
    const rows = await wholeChain(store, chain.tenant, limit);
    for (const row of rows) check.add(row);
    const damages = check.end();
    if (damages.length > 0) throw new Error(`the chain of "${chain.tenant}": ${JSON.stringify(damages)}`);
    shown.push([chain.tenant, rows.map(placedOf)]);
    all.push(...rows);
  }
  await checkListing(store, all, limit);
  return Object.fromEntries(shown);
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
async function checkListing(store: Store, rows: readonly ChainedRow[], limit: number): Promise<void> {
  const listed = await allPages(limit, (page) => store.findAudit({}, page));
  const hashes = (of: readonly { readonly place?: ChainedRow["place"] | undefined }[]) =>
    of.map(({ place }) => place?.hash).sort();
  const isSame = JSON.stringify(hashes(listed)) === JSON.stringify(hashes(rows));
  const isInOrder = listed.every(({ atMs }, index) => atMs >= (listed[index + 1]?.atMs ?? 0));
  if (!isSame || !isInOrder) throw new Error("the listing of the audit and its chains do not agree");
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
