/** The command `queues ls`: every queue that had a job or has something set, and how it stands. */
import { type CapacitySource, PRIORITIES, type QueueSetting, type QueueStats } from "@millrace/core";
import { withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, printList } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { Column } from "../table.ts";
import { count } from "../words.ts";

/** A queue as the list shows it. */
interface QueueRow {
  readonly queue: string;
  readonly paused: boolean;
  readonly queued: number;
  readonly running: number;
  readonly waiting: number;
  /** Jobs ended in the last minute. */
  readonly perMinute: number;
  readonly capacity: number | null;
  readonly capacities: QueueSetting["capacities"];
  /** Whose word the capacities are; `null` where nobody said. */
  readonly source: CapacitySource | null;
}

const COLUMNS: readonly Column<QueueRow>[] = [
  { title: "queue", cell: ({ queue }) => queue },
  { title: "paused", cell: ({ paused }) => (paused ? "paused" : "") },
  { title: "queued", align: "right", cell: ({ queued }) => count(queued) },
  { title: "running", align: "right", cell: ({ running }) => count(running) },
  { title: "waiting", align: "right", cell: ({ waiting }) => count(waiting) },
  { title: "per min", align: "right", cell: ({ perMinute }) => count(Math.round(perMinute)) },
  { title: "capacity", cell: capacityWord },
];

/** Lists them by name. */
export async function listQueues(shell: Shell, format: Format): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const [{ queues }, settings] = await Promise.all([mr.stats(), mr.queues.list()]);
    const rows = queueRows(queues, settings);
    printList(shell.terminal, format, { columns: COLUMNS, rows, empty: "no queue has had a job yet" });
    return EXIT.ok;
  });
}

function queueRows(stats: readonly QueueStats[], settings: readonly QueueSetting[]): readonly QueueRow[] {
  const figures = new Map(stats.map((one) => [one.queue, one]));
  const set = new Map(settings.map((one) => [one.queue, one]));
  return [...new Set([...figures.keys(), ...set.keys()])].toSorted().map((queue) => ({
    queue,
    paused: set.get(queue)?.paused ?? false,
    queued: figures.get(queue)?.queued ?? 0,
    running: figures.get(queue)?.running ?? 0,
    waiting: figures.get(queue)?.waiting ?? 0,
    perMinute: figures.get(queue)?.lastMinute.perMinute ?? 0,
    capacity: set.get(queue)?.capacity ?? null,
    capacities: set.get(queue)?.capacities ?? {},
    source: set.get(queue)?.source ?? null,
  }));
}

/** `1,000 (bulk 100)`; nothing where there is no limit. */
function capacityWord({ capacity, capacities }: QueueRow): string {
  const classes = PRIORITIES.flatMap((name) => {
    const limit = capacities[name];
    return limit === undefined ? [] : [`${name} ${count(limit)}`];
  });
  const whole = capacity === null ? "" : count(capacity);
  return classes.length === 0 ? whole : `${whole} (${classes.join(", ")})`.trim();
}
