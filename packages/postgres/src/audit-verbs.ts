/** The audit part of the port on SQL. */
import type { AuditStore } from "@millrace/core";
import { auditChains, chainAudit, findAudit, hasUnchained, pruneAudit, readAuditChain } from "./audit.ts";
import type { Session } from "./session.ts";

/**
 * The verbs: on statements that commit by themselves, under the lock of this key where one process at a time chains or
 * prunes, and on work in a transaction.
 */
export function auditVerbs(
  alone: Session,
  lock: string,
  joined: <T>(work: (session: Session) => Promise<T>) => Promise<T>,
): AuditStore {
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
