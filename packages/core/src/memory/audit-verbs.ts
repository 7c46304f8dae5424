/** The audit part of the port on a memory store. */
import type { AuditStore } from "../store/audit-store.ts";
import type { Memory } from "./memory.ts";

/** The verbs; `opened` gives the memory while the store is open. */
export function auditVerbs(opened: () => Memory): AuditStore {
  return {
    findAudit: async (filter, page) => opened().audit.find(filter, page),
    auditChain: async (tenant, part) => opened().audit.read(tenant, part),
    auditChains: async ({ tenant } = {}) => opened().audit.chains(tenant),
    chainAudit: async ({ limit }) => ({ chained: opened().audit.chain(limit) }),
    pruneAudit: async ({ olderThanMs, limit }) => {
      const { audit, clock } = opened();
      const now = clock.now();
      return audit.prune({ untilMs: now - olderThanMs, limit, now });
    },
  };
}
