/** The audit part of the port on SQL. */
import type { AuditStore } from "@millrace/core";
import { auditChains, chainAudit, findAudit, hasUnchained, pruneAudit, readAuditChain } from "./audit.ts";
import type { Session } from "./session.ts";

/** What the verbs run on. */
export interface AuditPorts {
  /** Statements that commit by themselves. */
  readonly alone: Session;
  /** The key of the lock under which one process at a time chains and prunes. */
  readonly lock: string;
  /** Work in a transaction. */
  joined<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** The verbs. */
export function auditVerbs({ alone, lock, joined }: AuditPorts): AuditStore {
  return {
    findAudit: async (filter, page) => findAudit(alone, filter, page),
    auditChain: (tenant, part) => readAuditChain(alone, tenant, part),
    auditChains: ({ tenant } = {}) => auditChains(alone, tenant),
    chainAudit: async ({ limit }) => {
      if (!(await hasUnchained(alone))) return { chained: 0 };
      return joined((session) => chainAudit(session, { lock, limit }));
    },
    pruneAudit: (options) => joined((session) => pruneAudit(session, { ...options, lock })),
  };
}
