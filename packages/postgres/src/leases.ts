/** extend, drop and rescue on SQL. */
import {
  type AuditedJob,
  deathEntries,
  type LeaseId,
  type LeaseTouch,
  type RescueReport,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { wakeParents } from "./children.ts";
import { schemaMigrations } from "./migrate.ts";
import { linesOf } from "./ordering.ts";
import type { Session } from "./session.ts";
import type { SqlClient } from "./sql-client.ts";
import { statementsFor } from "./statements.ts";

/** The port's extend: at most one statement for the dropped leases and one for the rest. */
export async function extend(
  session: Session,
  leases: readonly LeaseTouch[],
  options: { readonly worker: string; readonly leaseMs: number },
): Promise<{ readonly lost: readonly LeaseId[] }> {
  const dropped = leases.filter((touch) => touch.dropped).map((touch) => touch.lease);
  const wanted = leases.filter((touch) => !touch.dropped).map((touch) => touch.lease);
  if (dropped.length > 0) await session.run("lease/drop", [dropped, options.worker]);
  if (wanted.length === 0) return { lost: [] };
  const moved = await session.run<{ id: string }>("lease/extend", [wanted, options.worker, options.leaseMs]);
  const alive = new Set<string>(moved.map((row) => row.id));
  return { lost: wanted.filter((lease) => !alive.has(lease)) };
}

type Rescued = (
  | { readonly kind: "dead" | "cancelled"; readonly tenant: string }
  | { readonly kind: "rescued" | "released"; readonly tenant: null }
) & {
  readonly id: string;
  readonly parent: string | null;
  readonly ordering_key: string | null;
};

/** The port's rescue, within a transaction. */
export async function rescue(session: Session, limit: number): Promise<RescueReport> {
  const rows = await session.run<Rescued>("lease/rescue", [limit]);
  await appendAudit(session, deathEntries(rows.flatMap(crashed), "crashed"));
  await wakeParents(
    session,
    rows.map(({ parent }) => ({ parent, isFailed: true })),
    { lines: linesOf(rows) },
  );
  const count = (kind: Rescued["kind"]) => rows.filter((row) => row.kind === kind).length;
  const left = await session.run<{ more: boolean }>("lease/expired", []);
  return {
    ready: count("rescued") + count("released"),
    crashed: count("dead"),
    more: left[0]?.more === true,
  };
}

function crashed(row: Rescued): AuditedJob[] {
  return row.kind === "dead" ? [{ id: row.id, tenant: row.tenant }] : [];
}

/** Ends the leases an embedded store's dead process left behind; nothing to do before the first migration. */
export async function endOrphans(client: SqlClient, schema: string): Promise<void> {
  const present = await schemaMigrations(client, schema);
  if (present.size > 0) await client.query(statementsFor(schema)("lease/orphan"));
}
