/** Cursors of log listings: the generation and number of the last line given. */
import { MillraceError } from "../model/errors.ts";
import type { LogRow } from "../model/report.ts";

/** Where a page of a log begins: after this line. */
export type LogPlace = Pick<LogRow, "generation" | "seq">;

/** The cursor behind a line. */
export function logCursor({ generation, seq }: LogPlace): string {
  return `${generation}:${seq}`;
}

/** The place a cursor means; before every line where there is none. @throws MillraceError `bad-usage` */
export function logPlace(cursor: string | undefined): LogPlace {
  if (cursor === undefined) return { generation: 0, seq: 0 };
  const [, generation, seq] = /^(\d{1,9}):(\d{1,9})$/.exec(cursor) ?? [];
  if (generation !== undefined && seq !== undefined)
    return { generation: Number(generation), seq: Number(seq) };
  throw new MillraceError("bad-usage", `"${cursor}" is no cursor of a log; pass the next of an earlier page`);
}
