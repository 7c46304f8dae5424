/** Cursors of audit listings: the time and number of the last record given. */
import { MillraceError } from "../model/errors.ts";

/** Where a page of the audit begins: before this record. */
export interface AuditCursorPlace {
  readonly atMs?: number | undefined;
  readonly seq?: number | undefined;
}

/** The cursor behind a record. */
export function auditCursor({ atMs, seq }: { readonly atMs: number; readonly seq: number }): string {
  return `${atMs}:${seq}`;
}

/** The place a cursor means; after every record where there is none. @throws MillraceError `bad-usage` */
export function auditPlace(cursor: string | undefined): AuditCursorPlace {
  if (cursor === undefined) return {};
  const [, atMs, seq] = /^(\d{1,15}):(\d{1,15})$/.exec(cursor) ?? [];
  if (atMs !== undefined && seq !== undefined) return { atMs: Number(atMs), seq: Number(seq) };
  throw new MillraceError(
    "bad-usage",
    `"${cursor}" is no cursor of the audit; pass the next of an earlier page`,
  );
}
