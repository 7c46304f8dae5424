/** A snapshot as lines that fit a terminal: totals, queues by class, the newest dead letters. */
import type { Figures, JobRecord, QueueStats } from "@millrace/core";
import { type Column, renderTable } from "../table.ts";
import { count, localTime, printable } from "../words.ts";
import type { TopSnapshot } from "./top-snapshot.ts";

/** Room for lines; both are without end where nothing is cut. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

interface QueueLine extends Figures {
  readonly title: string;
}

const QUEUE_COLUMNS: readonly Column<QueueLine>[] = [
  { title: "queue", cell: ({ title }) => title },
  { title: "queued", align: "right", cell: ({ queued }) => count(queued) },
  { title: "running", align: "right", cell: ({ running }) => count(running) },
  { title: "waiting", align: "right", cell: ({ waiting }) => count(waiting) },
  { title: "done/min", align: "right", cell: ({ lastMinute }) => rounded(lastMinute.completed) },
  { title: "dead/min", align: "right", cell: ({ lastMinute }) => rounded(lastMinute.dead) },
  { title: "failed/h", align: "right", cell: ({ lastHour }) => rounded(failuresOf(lastHour)) },
  { title: "wait", align: "right", cell: ({ lastMinute }) => milliseconds(lastMinute.averageWaitMs) },
  { title: "run", align: "right", cell: ({ lastMinute }) => milliseconds(lastMinute.averageRunMs) },
];
const DEAD_COLUMNS: readonly Column<JobRecord>[] = [
  {
    title: "dead since",
    cell: ({ finishedAt }) => (finishedAt === null ? "" : localTime(Date.parse(finishedAt))),
  },
  { title: "job", cell: ({ id }) => id },
  { title: "name", cell: ({ name }) => name },
  {
    title: "error",
    cell: ({ error }) => (error === null ? "" : printable(`${error.class}: ${error.message}`)),
  },
];
/** Lines that dead letters take at most, their title among them; a third of a small screen, for the queues come first. */
const DEAD_LINES = 6;

/** The lines, top to bottom. */
export function topLines(snapshot: TopSnapshot, { columns, rows }: Room): readonly string[] {
  const { stats, dead } = snapshot;
  const queues = stats.queues.toSorted(byLoad).flatMap((queue) => queueLines(queue, snapshot.paused));
  const deadTable = dead.length === 0 ? ["no dead letters"] : renderTable(DEAD_COLUMNS, dead);
  const deadRoom = Math.min(DEAD_LINES, Math.floor(rows / 3) - 1);
  const deadLines = deadRoom < 1 ? [] : ["", ...deadTable.slice(0, deadRoom)];
  const head = [totalsLine(stats), ""];
  const table = queues.length === 0 ? ["no queue has had a job yet"] : renderTable(QUEUE_COLUMNS, queues);
  const lines = [...head, ...cut(table, rows - head.length - deadLines.length), ...deadLines];
  return lines.slice(0, Math.max(0, rows)).map((line) => [...line].slice(0, columns).join(""));
}

/** All queues in one line, for where nothing can be redrawn. */
export function totalsLine(stats: Figures): string {
  const { queued, running, waiting, lastMinute, lastHour } = stats;
  return [
    `${count(queued)} queued`,
    `${count(running)} running`,
    `${count(waiting)} waiting`,
    `${rounded(lastMinute.completed)} done/min`,
    `${rounded(lastMinute.dead)} dead/min`,
    `${rounded(failuresOf(lastHour))} failed/h`,
  ].join(" · ");
}

/** A queue, and each of its classes below it where it has several. */
function queueLines(queue: QueueStats, paused: ReadonlySet<string>): readonly QueueLine[] {
  const title = paused.has(queue.queue) ? `${queue.queue} (paused)` : queue.queue;
  const classes = Object.entries(queue.priorities).map(([name, figures]) => ({
    ...figures,
    title: `  ${name}`,
  }));
  return [{ ...queue, title }, ...(classes.length > 1 ? classes : [])];
}

/** The busiest first, so that they are seen where not all fit. */
function byLoad(left: QueueStats, right: QueueStats): number {
  const loadOf = ({ queued, running }: QueueStats): number => queued + running;
  return loadOf(right) - loadOf(left) || (left.queue < right.queue ? -1 : 1);
}

function cut(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  const kept = lines.slice(0, Math.max(0, room - 1));
  return [...kept, `… ${count(lines.length - kept.length)} more`];
}

/** Figures of a time are estimates, with decimals. */
function rounded(value: number): string {
  return count(Math.round(value));
}

function failuresOf({ failures }: Pick<Figures, "failures">): number {
  return Object.values(failures).reduce((sum, times) => sum + times, 0);
}

function milliseconds(ms: number | null): string {
  return ms === null ? "–" : `${count(Math.round(ms))} ms`;
}
