/** events: what happened to jobs, from a position on. */
import type { JobId } from "../model/ids.ts";
import type { EventPage, EventsOptions, StoredEvent } from "../store/event-store.ts";
import { formatPosition, isBefore, type Position, parsePosition } from "../store/position.ts";
import type { NumberedRow } from "./journal.ts";
import type { Memory } from "./memory.ts";

/** The port's events. */
export function events(memory: Memory, { after, limit }: EventsOptions): EventPage {
  const { journal } = memory;
  while (journal.fold(1_000) > 0);
  if (after === "latest") return { events: [], next: formatPosition(journal.latest) };
  const from = after === undefined ? journal.floor : parsePosition(after);
  if (isBefore(from, journal.floor) || isBefore(journal.latest, from)) {
    return { events: [], next: formatPosition(journal.floor), reset: true };
  }
  const entries = journal
    .numbered(from.row, limit + 1)
    .flatMap(entriesOf)
    .filter((entry) => isBefore(from, entry.position))
    .slice(0, limit);
  return {
    events: entries.flatMap((entry) => (entry.job === undefined ? [] : eventOf(memory, entry, entry.job))),
    next: formatPosition(entries.at(-1)?.position ?? from),
  };
}

/** A place in a row; without a job where the row is about something else. */
interface Entry {
  readonly position: Position;
  readonly row: NumberedRow;
  readonly job?: JobId | undefined;
}

function entriesOf(row: NumberedRow): Entry[] {
  const number = BigInt(row.number);
  if (row.ids.length === 0) return [{ position: { row: number, index: 0 }, row }];
  return row.ids.map((job, index) => ({ position: { row: number, index: index + 1 }, row, job }));
}

function eventOf(memory: Memory, { position, row }: Entry, id: JobId): StoredEvent[] {
  if (row.kind === "items" || row.kind === "refused" || row.kind === "reprioritised") return [];
  const job = memory.jobs.get(id);
  const names = job === undefined ? {} : { tenant: job.tenant, queue: job.queue, name: job.name };
  return [{ position: formatPosition(position), kind: row.kind, job: id, atMs: row.atMs, ...names }];
}
