/** The audit on SQL: writing records in the transaction of what they tell of, chaining and reading them. */
import {
  type AuditChain,
  type AuditEntry,
  type AuditFilter,
  type AuditRow,
  auditCursor,
  auditHalves,
  auditPlace,
  type ChainedRow,
  type ChainPoint,
  type Page,
  type PageOptions,
  systemEntry,
} from "@millrace/core";
import type { Session } from "./session.ts";

/** Writes records, in the order given, in the session's transaction. */
export async function appendAudit(session: Session, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const halves = entries.map(auditHalves);
  await session.run("audit/append", [
    entries.map(({ tenant }) => tenant),
    entries.map(({ type }) => type),
    entries.map(({ resourceType }) => resourceType),
    entries.map(({ resourceId }) => resourceId),
    halves.map(([head]) => head),
    halves.map(([, tail]) => tail),
  ]);
}

/** Whether there is anything for {@link chainAudit} to do; nearly always not. */
export async function hasUnchained(session: Session): Promise<boolean> {
  const rows = await session.run<{ present: boolean }>("audit/waiting", []);
  return rows[0]?.present === true;
}

/** The port's chainAudit, within a transaction. */
export async function chainAudit(
  session: Session,
  { lock, limit }: { readonly lock: string; readonly limit: number },
): Promise<{ readonly chained: number }> {
  return (await isAlone(session, lock)) ? chain(session, limit) : { chained: 0 };
}

/** Whether this transaction is the one that may chain and prune. */
async function isAlone(session: Session, lock: string): Promise<boolean> {
  const rows = await session.run<{ locked: boolean }>("audit/lock", [lock]);
  return rows[0]?.locked === true;
}

async function chain(session: Session, limit: number): Promise<{ readonly chained: number }> {
  const rows = await session.run<{ chained: number }>("audit/chain", [limit]);
  return { chained: rows[0]?.chained ?? 0 };
}

/** What is to go. */
export interface Pruning {
  readonly lock: string;
  readonly olderThanMs: number;
  readonly limit: number;
}

/** The port's pruneAudit, within a transaction: how far each chain goes is noted in it, then the records are deleted. */
export async function pruneAudit(
  session: Session,
  { lock, olderThanMs, limit }: Pruning,
): Promise<{ readonly pruned: number; readonly more: boolean }> {
  if (!(await isAlone(session, lock))) return { pruned: 0, more: true };
  const gone = await session.run<PrunedRow>("audit/age", [olderThanMs, limit]);
  if (gone.length === 0) return { pruned: 0, more: false };
  await appendAudit(session, gone.map(prunedEntry));
  const [row] = await session.run<{ pruned: number }>("audit/prune", [
    gone.map(({ tenant }) => tenant),
    gone.map(({ n }) => n),
  ]);
  const left = await session.run<{ more: boolean }>("audit/older", [olderThanMs]);
  return { pruned: row?.pruned ?? 0, more: left[0]?.more === true };
}

interface PrunedRow {
  readonly tenant: string;
  readonly n: string;
  readonly hash: string;
}

function prunedEntry({ tenant, n, hash }: PrunedRow): AuditEntry {
  const details = { n: Number(n), hash };
  return systemEntry({ type: "audit.pruned", action: "pruneAudit", tenant, resourceType: "audit", details });
}

interface StoredRow {
  readonly seq: string;
  readonly tenant: string;
  readonly type: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  readonly at: string;
  readonly text: string;
  readonly n: string | null;
  readonly previous: string | null;
  readonly hash: string | null;
}

/** The port's findAudit. */
export async function findAudit(
  session: Session,
  filter: AuditFilter,
  page: PageOptions,
): Promise<Page<AuditRow>> {
  const before = auditPlace(page.after);
  const rows = await session.run<StoredRow>("audit/find", [
    filter.tenant ?? null,
    filter.types ?? null,
    filter.resourceType ?? null,
    filter.resourceId ?? null,
    filter.fromMs ?? null,
    filter.untilMs ?? null,
    before.atMs ?? null,
    before.seq ?? null,
    page.limit,
  ]);
  const last = rows.at(-1);
  return {
    rows: rows.map(rowOf),
    ...(rows.length === page.limit && last !== undefined ? { next: cursorOf(last) } : {}),
  };
}

function cursorOf({ at, seq }: StoredRow): string {
  return auditCursor({ atMs: Number(at), seq: Number(seq) });
}

function rowOf(row: StoredRow): AuditRow {
  const { n, previous, hash } = row;
  const isPlaced = n !== null && previous !== null && hash !== null;
  return {
    tenant: row.tenant,
    type: row.type,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    atMs: Number(row.at),
    text: row.text,
    ...(isPlaced ? { place: { n: Number(n), previous, hash } } : {}),
  };
}

/** The port's auditChain. A row whose hashes somebody has taken away is one that no hash fits. */
export async function readAuditChain(
  session: Session,
  tenant: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly ChainedRow[]> {
  const rows = await session.run<StoredRow>("audit/read", [tenant, after, limit]);
  return rows.map((row) => {
    const { n, previous, hash } = row;
    return { ...rowOf(row), place: { n: Number(n), previous: previous ?? "", hash: hash ?? "" } };
  });
}

interface ChainColumns {
  readonly tenant: string;
  readonly n: string;
  readonly hash: string;
  readonly pruned_n: string;
  readonly pruned_hash: string;
  readonly pending: number;
}

/** The port's auditChains. */
export async function auditChains(
  session: Session,
  tenant: string | undefined,
): Promise<readonly AuditChain[]> {
  const rows = await session.run<ChainColumns>("audit/chains", [tenant ?? null]);
  return rows.map((row) => ({
    tenant: row.tenant,
    head: pointOf(row.n, row.hash),
    pruned: pointOf(row.pruned_n, row.pruned_hash),
    pending: row.pending,
  }));
}

function pointOf(n: string, hash: string): ChainPoint {
  return { n: Number(n), hash };
}
