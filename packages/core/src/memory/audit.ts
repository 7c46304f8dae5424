/** The audit of a memory store: records in the order they were written, and a chain for each tenant. */
import { type AuditEntry, auditHalves, CHAIN_START, chainHash } from "../model/audit.ts";
import { systemEntry } from "../model/audit-entry.ts";
import { auditCursor, auditPlace } from "../store/audit-cursor.ts";
import type { AuditChain, AuditFilter, AuditRow, ChainedRow, ChainPoint } from "../store/audit-store.ts";
import type { Page, PageOptions } from "../store/call.ts";
import { byBytes } from "./sorted-keys.ts";

interface Stored extends AuditRow {
  /** Counts all records ever written, from 1. */
  readonly seq: number;
}

interface Chain {
  readonly rows: ChainedRow[];
  head: ChainPoint;
  pruned: ChainPoint;
}

const NOWHERE: ChainPoint = Object.freeze({ n: 0, hash: CHAIN_START });

/** What is to be let go of. */
interface Pruning {
  readonly untilMs: number;
  readonly limit: number;
  readonly now: number;
}

/** Time never steps back, so the order of writing is that of time. */
export class Audit {
  #rows: Stored[] = [];
  /** How many of `#rows`, from the beginning, have their place. */
  #chained = 0;
  #written = 0;
  readonly #chains = new Map<string, Chain>();

  append(entries: readonly AuditEntry[], atMs: number): void {
    for (const entry of entries) {
      this.#written += 1;
      const { tenant, type, resourceType, resourceId } = entry;
      const text = auditHalves(entry).join(String(atMs));
      this.#rows.push({ seq: this.#written, tenant, type, resourceType, resourceId, atMs, text });
    }
  }

  find(filter: AuditFilter, { limit, after }: PageOptions): Page<AuditRow> {
    const { seq: end } = auditPlace(after);
    const found = this.#rows.filter((row) => fits(row, filter) && (end === undefined || row.seq < end));
    const rows = found.reverse().slice(0, limit);
    const last = rows.at(-1);
    return {
      rows: rows.map(({ seq: _, ...row }) => row),
      ...(found.length > limit && last !== undefined ? { next: auditCursor(last) } : {}),
    };
  }

  read(tenant: string, { after, limit }: { readonly after: number; readonly limit: number }): ChainedRow[] {
    const { rows = [], pruned = NOWHERE } = this.#chains.get(tenant) ?? {};
    const start = Math.max(after - pruned.n, 0);
    return rows.slice(start, start + limit);
  }

  chains(only: string | undefined): readonly AuditChain[] {
    const waiting = this.#rows.slice(this.#chained);
    const tenants = new Set([...this.#chains.keys(), ...waiting.map(({ tenant }) => tenant)]);
    const wanted = [...tenants].filter((tenant) => only === undefined || tenant === only);
    return wanted.sort(byBytes).map((tenant) => {
      const { head = NOWHERE, pruned = NOWHERE } = this.#chains.get(tenant) ?? {};
      return { tenant, head, pruned, pending: waiting.filter((row) => row.tenant === tenant).length };
    });
  }

  /** Gives at most `limit` records their place. */
  chain(limit: number): number {
    const rows = this.#rows.slice(this.#chained, this.#chained + limit);
    for (const [index, row] of rows.entries()) this.#rows[this.#chained + index] = this.#placed(row);
    this.#chained += rows.length;
    return rows.length;
  }

  /** Lets go of records of `untilMs` and before, at most `limit`, where all before them have gone too. */
  prune({ untilMs, limit, now }: Pruning): { readonly pruned: number; readonly more: boolean } {
    let pruned = 0;
    for (const [tenant, chain] of [...this.#chains].sort(([left], [right]) => byBytes(left, right))) {
      const gone = firstOld(chain, untilMs).slice(0, limit - pruned);
      const last = gone.at(-1)?.place;
      if (last === undefined) continue;
      this.#forget(chain, gone);
      chain.pruned = { n: last.n, hash: last.hash };
      pruned += gone.length;
      this.append([prunedEntry(tenant, chain.pruned)], now);
    }
    const more = [...this.#chains.values()].some((chain) => firstOld(chain, untilMs).length > 0);
    return { pruned, more };
  }

  #placed(row: Stored): Stored & ChainedRow {
    const chain = this.#chains.get(row.tenant) ?? { rows: [], head: NOWHERE, pruned: NOWHERE };
    this.#chains.set(row.tenant, chain);
    const previous = chain.head.hash;
    const place = { n: chain.head.n + 1, previous, hash: chainHash(previous, row.text) };
    const placed = { ...row, place };
    chain.head = { n: place.n, hash: place.hash };
    const { seq: _, ...shown } = placed;
    chain.rows.push(shown);
    return placed;
  }

  #forget(chain: Chain, gone: readonly ChainedRow[]): void {
    chain.rows.splice(0, gone.length);
    const hashes = new Set(gone.map(({ place }) => place.hash));
    const kept = this.#rows.filter(({ place }) => place === undefined || !hashes.has(place.hash));
    this.#chained -= this.#rows.length - kept.length;
    this.#rows = kept;
  }
}

/** The record that retention leaves of what it let go. */
function prunedEntry(tenant: string, { n, hash }: ChainPoint): AuditEntry {
  return systemEntry({
    type: "audit.pruned",
    action: "pruneAudit",
    tenant,
    resourceType: "audit",
    details: { n, hash },
  });
}

/** The last record of a chain stays, whatever its age: it is what the next is chained to. */
function firstOld({ rows }: Chain, untilMs: number): readonly ChainedRow[] {
  const young = rows.findIndex(({ atMs }) => atMs > untilMs);
  return rows.slice(0, young < 0 ? -1 : young);
}

function fits(row: AuditRow, filter: AuditFilter): boolean {
  const { tenant, types, resourceType, resourceId, fromMs, untilMs } = filter;
  return (
    (tenant === undefined || row.tenant === tenant) &&
    (types === undefined || types.some((type) => type === row.type)) &&
    (resourceType === undefined || row.resourceType === resourceType) &&
    (resourceId === undefined || row.resourceId === resourceId) &&
    (fromMs === undefined || row.atMs >= fromMs) &&
    (untilMs === undefined || row.atMs < untilMs)
  );
}
