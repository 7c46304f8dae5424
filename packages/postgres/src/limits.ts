/** hold and holds on SQL: limits held for the whole fleet. */
import {
  type ControlNote,
  checkHolds,
  checkNote,
  combinedHolds,
  type HoldFilter,
  type LimitHold,
  type LimitStore,
  limitEntries,
  type NewLimitHold,
  type Page,
  type PageOptions,
} from "@millrace/core";
import { appendAudit } from "./audit.ts";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** What the verbs run on. */
export interface LimitSessions {
  /** Statements that commit by themselves. */
  readonly alone: Session;
  /** Work in a transaction of its own. */
  own<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** The verbs. */
export function limitVerbsOn({ alone, own }: LimitSessions): LimitStore {
  return {
    hold: async (holds, note = {}) => {
      checkHolds(holds);
      checkNote(note);
      if (holds.length === 0) return [];
      const work = (session: Session) => hold(session, combinedHolds(holds), note);
      const inForce = await (note.actor === undefined ? work(alone) : own(work));
      return holds.map(({ key }) => inForce.get(key));
    },
    holds: (filter, page) => findHolds(alone, filter, page),
  };
}

/** A hold as its row says it; times in ms. */
interface StoredHold {
  readonly key: string;
  readonly until: string;
  readonly left: string;
  readonly reason: string | null;
  readonly by: string | null;
}

type InForce = ReadonlyMap<string, LimitHold>;

/** Holds the limits, each named once; where somebody is named, within a transaction, with the record of it. */
async function hold(session: Session, holds: readonly NewLimitHold[], note: ControlNote): Promise<InForce> {
  if (note.actor === undefined) return put(session, holds);
  const keys = holds.map(({ key }) => key);
  const before = byKey(await session.run<StoredHold>("hold/lock", [keys]));
  const after = await put(session, holds);
  const limits = keys.map((key) => ({ key, before: before.get(key), after: after.get(key) }));
  await appendAudit(session, limitEntries(note, limits));
  return after;
}

async function put(session: Session, holds: readonly NewLimitHold[]): Promise<InForce> {
  const rows = holds.map(({ forMs, ...rest }) => ({ ...rest, for: forMs }));
  return byKey(await session.run<StoredHold>("hold/put", [JSON.stringify(rows)]));
}

function byKey(rows: readonly StoredHold[]): InForce {
  return new Map(rows.map((row) => [row.key, holdOf(row)]));
}

async function findHolds(
  session: Session,
  { keys }: HoldFilter,
  { after, limit }: PageOptions,
): Promise<Page<LimitHold>> {
  const rows = await session.run<StoredHold>("hold/find", [keys ?? null, after ?? null, limit]);
  const last = rows.at(-1);
  return {
    rows: rows.map(holdOf),
    ...(rows.length === limit && last !== undefined ? { next: last.key } : {}),
  };
}

function holdOf({ key, until, left, reason, by }: StoredHold): LimitHold {
  return {
    key,
    untilMs: Number(until),
    leftMs: Number(left),
    ...optional("reason", reason),
    ...optional("by", by),
  };
}
