/** What to say of a PostgreSQL server: what its commits promise, what holds old rows, what stands before it. */
import type { Holder, ServerHealth } from "@millrace/postgres";
import { count, megabytes } from "../words.ts";
import { type Finding, longFor, note, ok, problem } from "./finding.ts";

/** Everything worth saying of a server. `where` names it. */
export function serverFindings(health: ServerHealth, where: string): readonly Finding[] {
  return [
    ...settingFindings(health, where),
    ...transactionFindings(health, where),
    ...poolingFindings(health, where),
  ];
}

/** Settings that decide what an answered commit is worth, and what somebody loses where they are off. */
const PROMISES = [
  {
    setting: "fsync",
    of: ({ fsync }: ServerHealth) => fsync,
    risk: "a crash of the machine can destroy the database",
  },
  {
    setting: "full_page_writes",
    of: ({ fullPageWrites }: ServerHealth) => fullPageWrites,
    risk: "a crash in the middle of a page's write can destroy it",
  },
  {
    setting: "synchronous_commit",
    of: ({ synchronousCommit }: ServerHealth) => synchronousCommit,
    risk: "a crash can lose jobs and results that were answered a moment before",
  },
] as const;

function settingFindings(health: ServerHealth, where: string): readonly Finding[] {
  const bad = PROMISES.filter(({ of }) => of(health) === "off").map(({ setting, risk }) =>
    problem({
      what: "settings of the server",
      where,
      says: `${setting} is off: ${risk}`,
      todo: `set ${setting} = on in postgresql.conf, or for this role and database, and reload`,
    }),
  );
  if (bad.length > 0) return bad;
  const says = PROMISES.map(({ setting, of }) => `${setting} ${of(health)}`).join(", ");
  return [ok({ what: "settings of the server", where, says })];
}

function transactionFindings({ holders, hiddenSessions }: ServerHealth, where: string): readonly Finding[] {
  const found = holders.map((holder) => holderFinding(holder, where));
  const hidden =
    hiddenSessions === 0
      ? []
      : [
          note({
            what: "transactions",
            where,
            says: `${count(hiddenSessions)} sessions of other users cannot be looked at`,
            todo: "grant pg_read_all_stats to this user, to have them examined too",
          }),
        ];
  if (found.length + hidden.length > 0) return [...found, ...hidden];
  return [ok({ what: "transactions", where, says: "none is held open for long" })];
}

function holderFinding({ kind, who, ageMs = 0, bytes }: Holder, where: string): Finding {
  const age = longFor(ageMs);
  switch (kind) {
    case "idle":
      return problem({
        what: "transactions",
        where,
        says: `${who} has been idle in a transaction for ${age}: rows that jobs leave behind cannot be vacuumed`,
        todo: "end it (pg_terminate_backend), and set idle_in_transaction_session_timeout",
      });
    case "long":
      return note({
        what: "transactions",
        where,
        says: `${who} has a transaction open for ${age}: rows that jobs leave behind cannot be vacuumed meanwhile`,
        todo: "if it is not meant to, end it (pg_cancel_backend)",
      });
    case "prepared":
      return problem({
        what: "transactions",
        where,
        says: `prepared transaction ${who} is ${age} old: it keeps its locks, and rows from being vacuumed`,
        todo: "commit prepared or rollback prepared, whichever its owner meant",
      });
    case "slot":
      return problem({
        what: "transactions",
        where,
        says: `replication slot ${who} is used by nobody and keeps ${bytes === undefined ? "part" : megabytes(bytes)} of the server's log`,
        todo: "start what reads it, or drop it (pg_drop_replication_slot)",
      });
  }
}

function poolingFindings({ pooling }: ServerHealth, where: string): readonly Finding[] {
  const what = "pooler";
  switch (pooling) {
    case undefined:
      return [];
    case "none":
      return [ok({ what, where, says: "none: connections go to the server itself" })];
    case "session":
      return [ok({ what, where, says: "connections are pooled by session" })];
    case "transaction":
      return [
        note({
          what,
          where,
          says: "connections are pooled by transaction: workers find new jobs by polling, unless they listen past it",
          todo: "where that is too slow, name the server itself in store.directUrl",
        }),
      ];
  }
}
