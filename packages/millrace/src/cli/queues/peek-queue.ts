/** The command `queues peek`: the jobs that would be claimed next, in that order; nothing is taken. */
import { type JobRow, jobRecord, PRIORITIES } from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { matchingJobs } from "../jobs/matching-jobs.ts";
import { type Format, printList } from "../output.ts";
import { type OpenHome, type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime } from "../words.ts";

/** Options of the command. */
export interface PeekOptions {
  readonly limit: number;
  readonly output: Format;
}

type Peeked = ReturnType<typeof jobRecord>;

const COLUMNS: readonly Column<Peeked>[] = [
  { title: "job", cell: ({ id }) => id },
  { title: "name", cell: ({ name }) => name },
  { title: "class", cell: ({ priority }) => priority },
  { title: "due", cell: ({ runAt }) => localTime(Date.parse(runAt)) },
  { title: "attempts", align: "right", cell: ({ attempts }) => String(attempts) },
  { title: "tenant", cell: ({ tenant }) => tenant },
];

/** Reads every due job of the queue: lists are newest first, and claims are not. */
export async function peekQueue(shell: Shell, queue: string, options: PeekOptions): Promise<number> {
  return withHome(shell, { reads: true }, async (home) => {
    const rows = (await firstInLine(home, queue, options.limit)).map((row) => jobRecord(row));
    const empty = `no job of queue ${queue} is due`;
    printList(shell.terminal, options.output, { columns: COLUMNS, rows, empty });
    return EXIT.ok;
  });
}

async function firstInLine({ store }: OpenHome, queue: string, limit: number): Promise<readonly JobRow[]> {
  const query = { filter: { queue, states: ["ready"] as const }, matches: () => true };
  let first: readonly JobRow[] = [];
  for await (const rows of matchingJobs(store, query)) {
    first = [...first, ...rows].toSorted(byClaimOrder).slice(0, limit);
  }
  return first;
}

/** By class, then due time, then id. */
function byClaimOrder(left: JobRow, right: JobRow): number {
  const byClass = PRIORITIES.indexOf(left.priority) - PRIORITIES.indexOf(right.priority);
  if (byClass !== 0) return byClass;
  if (left.runAtMs !== right.runAtMs) return left.runAtMs - right.runAtMs;
  return left.id < right.id ? -1 : 1;
}
