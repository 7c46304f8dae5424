/** deadLetters, deadGroups and deadDepths on SQL. */
import {
  type DeadDepth,
  type DeadFilter,
  type DeadGroup,
  groupCursor,
  groupPlace,
  type JobId,
  type JobRow,
  letterCursor,
  letterPlace,
  type Page,
  type PageOptions,
} from "@millrace/core";
import { jobOf, type StoredJob } from "./find.ts";
import type { Session } from "./session.ts";

/** The port's deadLetters. */
export async function deadLetters(
  session: Session,
  filter: DeadFilter,
  page: PageOptions,
): Promise<Page<JobRow>> {
  const place = page.after === undefined ? undefined : letterPlace(page.after);
  const rows = await session.run<StoredJob & { readonly at: string }>("dead/letters", [
    ...wanted(filter),
    place?.at ?? null,
    place?.id ?? null,
    page.limit,
  ]);
  const last = rows.at(-1);
  return {
    rows: rows.map(jobOf),
    ...(rows.length === page.limit && last !== undefined ? { next: letterCursor(last) } : {}),
  };
}

interface StoredGroup {
  readonly fingerprint: string;
  readonly name: string;
  readonly queue: string;
  readonly count: string;
  readonly first: string;
  readonly last: string;
  readonly id: JobId;
  readonly records: string;
}

/** The port's deadGroups. */
export async function deadGroups(
  session: Session,
  filter: DeadFilter,
  page: PageOptions,
): Promise<Page<DeadGroup>> {
  const [fingerprint, name, queue] = page.after === undefined ? [] : groupPlace(page.after);
  const rows = await session.run<StoredGroup>("dead/groups", [
    ...wanted(filter),
    fingerprint ?? null,
    name ?? null,
    queue ?? null,
    page.limit,
  ]);
  const groups = rows.map(groupOf);
  const last = groups.at(-1);
  return {
    rows: groups,
    ...(rows.length === page.limit && last !== undefined ? { next: groupCursor(last) } : {}),
  };
}

function groupOf({ fingerprint, name, queue, count, first, last, id, records }: StoredGroup): DeadGroup {
  return {
    fingerprint,
    name,
    queue,
    count: Number(count),
    firstAtMs: Number(first),
    lastAtMs: Number(last),
    sample: { id, records },
  };
}

function wanted({ queue, name, tenant, fingerprint }: DeadFilter): readonly (string | null)[] {
  return [queue ?? null, name ?? null, tenant ?? null, fingerprint ?? null];
}

interface StoredDepth {
  readonly queue: string;
  readonly count: string;
  readonly oldest: string;
  readonly age: string;
}

/** The port's deadDepths. */
export async function deadDepths(session: Session, atMost: number): Promise<readonly DeadDepth[]> {
  const rows = await session.run<StoredDepth>("dead/depths", [atMost]);
  return rows.map(({ queue, count, oldest, age }) => ({
    queue,
    count: Number(count),
    oldestAtMs: Number(oldest),
    oldestAgeMs: Number(age),
  }));
}
