/** events on SQL: journal rows taken apart into what happened to each job. */
import {
  type EventPage,
  type EventsOptions,
  formatPosition,
  isBefore,
  type JobId,
  type Position,
  parsePosition,
  type StoredEvent,
  TRANSITIONS,
} from "@millrace/core";
import { optional } from "./codes.ts";
import { foldOnce } from "./journal.ts";
import type { Session } from "./session.ts";

/** Most journal rows one reading numbers first. */
const FOLD_LIMIT = 1_000;

/** The port's events. `lock` is the fold's: what another is numbering is waited for, so that it is read. */
export async function events(
  session: Session,
  lock: string,
  { after, limit }: EventsOptions,
): Promise<EventPage> {
  const from = after === undefined || after === "latest" ? undefined : parsePosition(after);
  if (after === "latest") return { events: [], next: await latest(session, lock) };
  await foldOnce(session, { lock, limit: FOLD_LIMIT }, true);
  const rows = await session.run<EventRow>("journal/events", [
    from === undefined ? null : String(from.row),
    from?.index ?? null,
    limit,
  ]);
  return pageOf(rows, from);
}

async function latest(session: Session, lock: string): Promise<string> {
  while ((await foldOnce(session, { lock, limit: FOLD_LIMIT }, true)) === FOLD_LIMIT);
  const rows = await session.run<{ row: string; index: number }>("journal/latest", []);
  return formatPosition(positionOf(rows[0]?.row ?? "0", rows[0]?.index ?? 0));
}

interface EventRow {
  readonly floor: string;
  readonly floor_index: number;
  readonly last: string;
  readonly row: string | null;
  readonly index: number | null;
  readonly kind: string;
  readonly id: JobId | null;
  readonly at: string;
  readonly name: string | null;
  readonly queue: string | null;
  readonly tenant: string | null;
}

function pageOf(rows: readonly EventRow[], after: Position | undefined): EventPage {
  const floor = positionOf(rows[0]?.floor ?? "0", rows[0]?.floor_index ?? 0);
  const from = after ?? floor;
  if (isBefore(from, floor) || from.row > BigInt(rows[0]?.last ?? "0")) {
    return { events: [], next: formatPosition(floor), reset: true };
  }
  const entries = rows.flatMap((entry) => {
    if (entry.row === null) return [];
    return [{ entry, position: positionOf(entry.row, entry.index ?? 0) }];
  });
  return {
    events: entries.flatMap(({ entry, position }) => eventOf(entry, formatPosition(position))),
    next: formatPosition(entries.at(-1)?.position ?? from),
  };
}

function eventOf(entry: EventRow, position: string): StoredEvent[] {
  if (entry.id === null) return [];
  return [
    {
      position,
      kind: TRANSITIONS.find((kind) => kind === entry.kind) ?? "changed",
      job: entry.id,
      atMs: Number(entry.at),
      ...optional("tenant", entry.tenant),
      ...optional("queue", entry.queue),
      ...optional("name", entry.name),
    },
  ];
}

function positionOf(row: string, index: number): Position {
  return { row: BigInt(row), index };
}
