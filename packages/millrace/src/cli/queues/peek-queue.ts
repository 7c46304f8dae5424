/** The command `queues peek`: the jobs that would be claimed next, in that order; nothing is taken. */
import { jobRecord, type Priority } from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { type Format, printList } from "../output.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime } from "../words.ts";

/** Options of the command. */
export interface PeekOptions {
  readonly limit: number;
  readonly class?: readonly Priority[];
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

/** Lists them. */
export async function peekQueue(shell: Shell, queue: string, options: PeekOptions): Promise<number> {
  const { limit, class: priorities } = options;
  return withHome(shell, { reads: true }, async ({ store }) => {
    const rows = (await store.peek(queue, { limit, priorities })).map((row) => jobRecord(row));
    const empty = `no job of queue ${queue} is due`;
    printList(shell.terminal, options.output, { columns: COLUMNS, rows, empty });
    return EXIT.ok;
  });
}
