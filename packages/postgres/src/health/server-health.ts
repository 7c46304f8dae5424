/** What of a PostgreSQL server matters to a store on it: what its commits promise, and what holds old rows. */
import { optional } from "../codes.ts";
import { type Session, sessionOn } from "../session.ts";
import type { Pooling, SqlClient } from "../sql-client.ts";
import { statementsFor } from "../statements.ts";

/** Something that keeps old row versions, locks or the server's log for long. */
export interface Holder {
  /** `idle`: a session idle in a transaction. `long`: one that still works. `slot`: an inactive replication slot. */
  readonly kind: "idle" | "long" | "prepared" | "slot";
  readonly who: string;
  /** By the server's own clock; not known of slots. */
  readonly ageMs?: number | undefined;
  /** Of the server's log, kept by a slot. */
  readonly bytes?: number | undefined;
}

/** How a server is. */
export interface ServerHealth {
  readonly version: string;
  /** As `show` gives them to this connection. */
  readonly fsync: string;
  readonly synchronousCommit: string;
  readonly fullPageWrites: string;
  readonly holders: readonly Holder[];
  /** Sessions that this user may not look at. */
  readonly hiddenSessions: number;
  /** Whether something pools connections between here and the server; left out where the client cannot tell. */
  readonly pooling?: Pooling | undefined;
}

interface SettingsRow {
  readonly version: string;
  readonly fsync: string;
  readonly commit: string;
  readonly pages: string;
}

interface HolderRow {
  readonly kind: Holder["kind"] | "hidden";
  readonly who: string;
  readonly age: string | null;
  readonly bytes: string | null;
}

/**
 * Looks at an open client's server, changing nothing; no schema is needed. `patienceMs`: how long a transaction may stay
 * open before it is one of `holders`. @throws MillraceError as `query`.
 */
export async function serverHealth(client: SqlClient, patienceMs: number): Promise<ServerHealth> {
  const session: Session = sessionOn(client, statementsFor("millrace"));
  const [settings] = await session.run<SettingsRow>("health/settings", []);
  const rows = client.exclusive ? [] : await session.run<HolderRow>("health/holders", [patienceMs]);
  const pooling = await client.pooling?.();
  return {
    version: settings?.version ?? "unknown",
    fsync: settings?.fsync ?? "unknown",
    synchronousCommit: settings?.commit ?? "unknown",
    fullPageWrites: settings?.pages ?? "unknown",
    holders: rows.flatMap(holderOf),
    hiddenSessions: Number(rows.find(({ kind }) => kind === "hidden")?.who ?? 0),
    ...(pooling === undefined ? {} : { pooling }),
  };
}

function holderOf({ kind, who, age, bytes }: HolderRow): readonly Holder[] {
  if (kind === "hidden") return [];
  return [
    {
      kind,
      who,
      ...optional("ageMs", age === null ? null : Number(age)),
      ...optional("bytes", bytes === null ? null : Number(bytes)),
    },
  ];
}
