/** The audit in the hands of people: what was done and by whom, and whether it is still what was written down. */
import { AUDIT_TYPES, type AuditEntry, type AuditType, readAuditText } from "../model/audit.ts";
import { badOption, refuseUnknownKeys, withoutUndefined } from "../model/options.ts";
import type { AuditFilter, AuditRow, ChainPoint } from "../store/audit-store.ts";
import type { Page } from "../store/call.ts";
import type { Store } from "../store/store.ts";
import { type AuditVerdict, chainAll, type KnownHead, verifyAudit } from "./verify-audit.ts";

/** A record, as people see it. */
export interface AuditView extends AuditEntry {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Its place in its tenant's chain, from 1; `null` until it has one, within a second where a worker runs. */
  readonly n: number | null;
  readonly hash: string | null;
}

/** Which records to list, newest first: every field given must match. */
export interface AuditListOptions extends Omit<AuditFilter, "fromMs" | "untilMs"> {
  /** From then on. */
  readonly from?: Date | undefined;
  /** Before then. */
  readonly until?: Date | undefined;
  /** 1 to 200; 50 where left out. */
  readonly limit?: number | undefined;
  /** The `next` of an earlier page. */
  readonly after?: string | undefined;
}

/** The end of a tenant's chain: keep it elsewhere, and nothing before it can be changed unseen. */
export interface AuditHead extends ChainPoint {
  readonly tenant: string;
}

/** What to check. */
export interface AuditVerifyOptions {
  /** Heads that were written down earlier. */
  readonly heads?: readonly KnownHead[] | undefined;
  /** Only this tenant's chain. */
  readonly tenant?: string | undefined;
}

/** The audit of a store. */
export interface Audit {
  /** @throws MillraceError `bad-config`, `bad-usage` for an `after` that is no cursor, or what the store throws. */
  list(options?: AuditListOptions): Promise<Page<AuditView>>;
  /** Chains what is not yet, and gives the end of each tenant's chain. */
  heads(): Promise<readonly AuditHead[]>;
  /**
   * Reads every chain from its beginning and names what was done to it. Without heads of your own it cannot tell a chain
   * whose end was cut off, or which was written anew, together with the store's own word of where it ends.
   */
  verify(options?: AuditVerifyOptions): Promise<AuditVerdict>;
}

const LIST_KEYS: readonly (keyof AuditListOptions)[] = [
  "tenant",
  "types",
  "resourceType",
  "resourceId",
  "from",
  "until",
  "limit",
  "after",
];
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Reads through a store that `open` opens. */
export function auditOf(store: Store, open: () => Promise<unknown>): Audit {
  return Object.freeze({
    list: async (options: AuditListOptions = {}) => {
      refuseUnknownKeys("audit.list", options, LIST_KEYS);
      const { from, until, limit = DEFAULT_LIMIT, after, ...filter } = options;
      checkList({ from, until, limit, types: filter.types });
      await open();
      const times = withoutUndefined({ fromMs: from?.getTime(), untilMs: until?.getTime() });
      const { rows, next } = await store.findAudit({ ...filter, ...times }, { limit, after });
      return { rows: rows.map(viewOf), next };
    },
    heads: async () => {
      await open();
      await chainAll(store);
      const chains = await store.auditChains();
      return chains.map(({ tenant, head }) => ({ tenant, n: head.n, hash: head.hash }));
    },
    verify: async (options: AuditVerifyOptions = {}) => {
      refuseUnknownKeys("audit.verify", options, ["heads", "tenant"]);
      await open();
      return verifyAudit(store, options);
    },
  });
}

function checkList({ from, until, limit = 0, types = [] }: Partial<AuditListOptions>): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw badOption("audit.list.limit", limit, `1 to ${MAX_LIMIT}`);
  }
  for (const [option, time] of Object.entries({ from, until })) {
    if (time !== undefined && !(time instanceof Date && Number.isFinite(time.getTime())))
      throw badOption(`audit.list.${option}`, time, "a Date");
  }
  for (const type of types) {
    if (!AUDIT_TYPES.includes(type)) throw badOption("audit.list.types", type, AUDIT_TYPES.join(", "));
  }
}

/** A row as people see it; of a text that somebody has spoilt, what the store found it by. */
function viewOf(row: AuditRow): AuditView {
  const { at, ...entry } = readAuditText(row.text) ?? spoilt(row);
  return {
    at: new Date(at).toISOString(),
    n: row.place?.n ?? null,
    hash: row.place?.hash ?? null,
    ...entry,
  };
}

function spoilt({ atMs, tenant, type, resourceType, resourceId, text }: AuditRow): AuditEntry & {
  readonly at: number;
} {
  return {
    at: atMs,
    tenant,
    type: type as AuditType, // shown as it is found
    action: "unreadable",
    actor: { kind: "system", id: "unreadable" },
    role: null,
    resourceType: resourceType as AuditEntry["resourceType"], // shown as it is found
    resourceId,
    details: { text },
    before: null,
    after: null,
    reason: null,
  };
}
