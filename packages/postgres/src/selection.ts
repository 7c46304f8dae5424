/** Which jobs an operation is for, on SQL: page by page along the primary keys. */
import type { JobId, OperationFilter, OperationId, OperationMember, OperationTurn } from "@millrace/core";
import { optional } from "./codes.ts";
import type { Session } from "./session.ts";

/** Most jobs a page looks at: few enough for any call, however few of them fit. */
const MOST_CANDIDATES = 10_000;

/** What is looked for. */
export interface Selection {
  readonly filter: OperationFilter;
  /** Whose beginning bounds it; now where left out. */
  readonly operation?: OperationId | undefined;
  readonly after: string | null;
  readonly most: number;
}

type Values = readonly (string | number | null | readonly string[])[];

function valuesOf({ filter, operation, after, most }: Selection): Values {
  const { states, ids, queue, name, tenant, run, fingerprint } = filter;
  const wanted = [queue ?? null, name ?? null, tenant ?? null, run ?? null, fingerprint ?? null];
  return [operation ?? null, after, ids ?? null, states, ...wanted, MOST_CANDIDATES, most];
}

interface MemberRow {
  readonly reached: JobId | null;
  readonly ended: boolean;
  readonly id: JobId | null;
  readonly generation: number;
  readonly name: string;
  readonly env: string | null;
}

/** The jobs found, and how far that reached. */
export async function selectedMembers(
  session: Session,
  selection: Selection,
  withEnvelopes: boolean,
): Promise<Omit<OperationTurn, "operation">> {
  const statement = selection.filter.ids === undefined ? "operation/members" : "operation/members-among";
  const rows = await session.run<MemberRow>(statement, [...valuesOf(selection), withEnvelopes]);
  return {
    members: rows.flatMap(memberOf),
    ...optional("reached", rows[0]?.reached ?? null),
    isLast: rows[0]?.ended ?? true,
  };
}

function memberOf({ id, generation, name, env }: MemberRow): readonly OperationMember[] {
  return id === null ? [] : [{ id, generation, name, ...optional("envelope", env) }];
}

interface CountPage {
  readonly after?: string | null | undefined;
  readonly limit: number;
}

interface CountRow {
  readonly reached: string | null;
  readonly ended: boolean;
  readonly members: number;
}

/** The port's countMatching. */
export async function countMatching(
  session: Session,
  filter: OperationFilter,
  { after = null, limit }: CountPage,
): Promise<{ readonly count: number; readonly next?: string | undefined }> {
  const statement = filter.ids === undefined ? "operation/count" : "operation/count-among";
  const rows = await session.run<CountRow>(statement, valuesOf({ filter, after, most: limit }));
  const { reached = null, ended = true, members = 0 } = rows[0] ?? {};
  return { count: members, ...optional("next", ended ? null : reached) };
}
