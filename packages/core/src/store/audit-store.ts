/** The verbs of the audit: reading it, chaining it, and letting go of what is too old. */
import type { AuditType } from "../model/audit.ts";
import type { Page, PageOptions } from "./call.ts";

/** A place in a tenant's chain. */
export interface ChainPoint {
  /** Counts the tenant's records from 1. */
  readonly n: number;
  /** Hex, 64 digits. */
  readonly hash: string;
}

/** A record as it is kept. What the store needs to find it stands beside its text, and must say the same. */
export interface AuditRow {
  readonly tenant: string;
  readonly type: string;
  readonly resourceType: string;
  readonly resourceId: string | null;
  readonly atMs: number;
  /** The canonical text: the only thing that is hashed. */
  readonly text: string;
  /** Where it stands; left out until the next pass of {@link AuditStore.chainAudit}. */
  readonly place?: (ChainPoint & { readonly previous: string }) | undefined;
}

/** A row that has its place. */
export interface ChainedRow extends AuditRow {
  readonly place: ChainPoint & { readonly previous: string };
}

/** Which records to list; every field given must match. */
export interface AuditFilter {
  readonly tenant?: string | undefined;
  readonly types?: readonly AuditType[] | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: string | undefined;
  /** From then on. */
  readonly fromMs?: number | undefined;
  /** Before then. */
  readonly untilMs?: number | undefined;
}

/** A tenant's chain. */
export interface AuditChain {
  readonly tenant: string;
  /** The last record; `n` is 0 where none has its place yet. */
  readonly head: ChainPoint;
  /** The last record that retention has let go: the chain begins after it. `n` is 0 where none was. */
  readonly pruned: ChainPoint;
  /** Records that have no place yet. */
  readonly pending: number;
}

/** The audit part of the port. Records are written by the verbs they tell of, in the transaction of the change itself. */
export interface AuditStore {
  /** Lists records, newest first, those without a place among them. */
  findAudit(filter: AuditFilter, page: PageOptions): Promise<Page<AuditRow>>;
  /** Reads a tenant's chain in its order: at most `limit` rows after place `after`. */
  auditChain(
    tenant: string,
    part: { readonly after: number; readonly limit: number },
  ): Promise<readonly ChainedRow[]>;
  /** Every tenant's chain, or that of one, by tenant (code-unit order of its UTF-8 bytes). */
  auditChains(of?: { readonly tenant?: string | undefined }): Promise<readonly AuditChain[]>;
  /**
   * Gives at most `limit` committed records their place: in the order they were written, each chained to the one before
   * it of its tenant. One pass at a time: while another process is at it, nothing is done.
   */
  chainAudit(options: { readonly limit: number }): Promise<{ readonly chained: number }>;
  /**
   * Lets go of records of this age or older from the beginnings of chains, at most `limit`, and leaves in each a record
   * `audit.pruned` of the last one gone. One pass at a time, as with {@link chainAudit}.
   */
  pruneAudit(options: {
    readonly olderThanMs: number;
    readonly limit: number;
  }): Promise<{ readonly pruned: number; readonly more: boolean }>;
}
