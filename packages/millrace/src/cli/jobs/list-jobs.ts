/** The command `jobs ls`. */
import {
  isId,
  type JobFilter,
  type JobRecord,
  type JobRow,
  jobRecord,
  MillraceError,
  type Store,
} from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { type Format, printList } from "../output.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime, printable } from "../words.ts";
import { jobQuery, type QueryOptions } from "./job-query.ts";
import { matchingJobs } from "./matching-jobs.ts";

/** Options of the command. */
export interface ListOptions extends QueryOptions {
  readonly limit: number;
  readonly after?: string;
  readonly output: Format;
}

const JOB_COLUMNS: readonly Column<JobRecord>[] = [
  { title: "job", cell: ({ id }) => id },
  { title: "name", cell: ({ name }) => name },
  { title: "queue", cell: ({ queue }) => queue },
  { title: "class", cell: ({ priority }) => priority },
  { title: "state", cell: ({ state }) => state },
  { title: "attempts", align: "right", cell: ({ attempts }) => String(attempts) },
  { title: "created", cell: ({ createdAt }) => localTime(Date.parse(createdAt)) },
  { title: "error", cell: ({ error }) => (error === null ? "" : errorWord(error)) },
];
const MAX_ERROR = 60;

/** Lists one page; says how to see the next. */
export async function listJobs(shell: Shell, options: ListOptions): Promise<number> {
  const { after, limit, output } = options;
  if (after !== undefined && !isId(after)) {
    throw new MillraceError(
      "bad-usage",
      `--after is "${after}"; it takes the id that the page before ended with`,
    );
  }
  return withHome(shell, { reads: true }, async (home) => {
    const query = await jobQuery(options, home);
    const rows = await firstMatching(home.store, query, { after, limit: limit + 1 });
    const shown = rows.slice(0, limit).map((row) => jobRecord(row));
    printList(shell.terminal, output, { columns: JOB_COLUMNS, rows: shown, empty: "there are no such jobs" });
    if (rows.length > limit) shell.terminal.say("info", `there are more: --after ${shown.at(-1)?.id}`);
    return EXIT.ok;
  });
}

async function firstMatching(
  store: Pick<Store, "find">,
  query: JobFilter,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly JobRow[]> {
  const found: JobRow[] = [];
  for await (const rows of matchingJobs(store, query, { after })) {
    found.push(...rows);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

function errorWord({ class: errorClass, message }: JobRecord["error"] & object): string {
  return printable(`${errorClass}: ${message}`).slice(0, MAX_ERROR);
}
