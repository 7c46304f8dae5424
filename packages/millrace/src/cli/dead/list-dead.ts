/** Shows dead letters: one by one, or in groups of equal failures. */
import {
  type DeadFilter,
  type DeadGroup,
  type DeadGroupRecord,
  deadGroupRecord,
  isId,
  type JobId,
  type JobRecord,
  jobRecord,
  MillraceError,
  type Store,
} from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { jobLines } from "../jobs/show-job.ts";
import { type Format, printList, printRecord } from "../output.ts";
import { type Shell, withHome } from "../shell.ts";
import type { Column } from "../table.ts";
import { count, localTime } from "../words.ts";

/** The options that say which. */
export type DeadWords = DeadFilter;

/** A list that was asked for. */
export interface DeadListing extends DeadWords {
  readonly limit: number;
  readonly output: Format;
}

const GROUPS_PAGE = 500;
/** More groups than anybody reads; beyond them the most frequent ones may be missed, which is said. */
const MOST_GROUPS = 10_000;
const SHOWN = 60;

/** The filter among a command's options. */
export function deadFilter({ queue, name, tenant, fingerprint }: DeadWords): DeadFilter {
  return { queue, name, tenant, fingerprint };
}

const LETTER_COLUMNS: readonly Column<JobRecord>[] = [
  { title: "job", cell: ({ id }) => id },
  { title: "name", cell: ({ name }) => name },
  { title: "queue", cell: ({ queue }) => queue },
  { title: "attempts", align: "right", cell: ({ attempts }) => String(attempts) },
  { title: "died", cell: ({ finishedAt }) => (finishedAt === null ? "" : localTime(Date.parse(finishedAt))) },
  { title: "fingerprint", cell: ({ error }) => error?.fingerprint ?? "" },
  {
    title: "error",
    cell: ({ error }) => (error === null ? "" : `${error.class}: ${error.message}`.slice(0, SHOWN)),
  },
];

/** Lists dead letters. */
export function listLetters(shell: Shell, { limit, output, ...words }: DeadListing): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { rows, next } = await store.deadLetters(deadFilter(words), { limit });
    const records = rows.map((row) => jobRecord(row));
    const empty = "there are no such dead letters";
    printList(shell.terminal, output, { columns: LETTER_COLUMNS, rows: records, empty });
    if (next !== undefined) shell.terminal.say("info", "there are more: raise --limit or narrow the list");
    return EXIT.ok;
  });
}

const GROUP_COLUMNS: readonly Column<DeadGroupRecord>[] = [
  { title: "fingerprint", cell: ({ fingerprint }) => fingerprint },
  { title: "name", cell: ({ name }) => name },
  { title: "queue", cell: ({ queue }) => queue },
  { title: "jobs", align: "right", cell: (group) => count(group.count) },
  { title: "first", cell: ({ firstAt }) => localTime(Date.parse(firstAt)) },
  { title: "last", cell: ({ lastAt }) => localTime(Date.parse(lastAt)) },
  {
    title: "error",
    cell: ({ errorClass, message }) => (message === null ? "" : `${errorClass}: ${message}`.slice(0, SHOWN)),
  },
];

/** Lists groups, those with most dead letters first. */
export function listGroups(shell: Shell, { limit, output, ...words }: DeadListing): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const groups = await allGroups(store, deadFilter(words));
    const sorted = groups.toSorted((left, right) => right.count - left.count);
    const rows = sorted.slice(0, limit).map(deadGroupRecord);
    printList(shell.terminal, output, { columns: GROUP_COLUMNS, rows, empty: "there are no dead letters" });
    if (groups.length >= MOST_GROUPS) shell.terminal.say("warn", `only ${MOST_GROUPS} groups were looked at`);
    if (groups.length > limit) shell.terminal.say("info", "there are more: raise --limit or narrow the list");
    return EXIT.ok;
  });
}

async function allGroups(store: Store, filter: DeadFilter): Promise<readonly DeadGroup[]> {
  const groups: DeadGroup[] = [];
  let after: string | undefined;
  do {
    const page = await store.deadGroups(filter, { limit: GROUPS_PAGE, after });
    groups.push(...page.rows);
    after = page.next;
  } while (after !== undefined && groups.length < MOST_GROUPS);
  return groups;
}

/** Shows one dead letter. @throws MillraceError `not-found` */
export function showLetter(shell: Shell, id: string, format: Format): Promise<number> {
  return withHome(shell, { reads: true }, async ({ store }) => {
    const { rows } = isId(id) ? await store.find({ ids: [id as JobId] }, { limit: 1 }) : { rows: [] }; // isId has looked
    if (rows[0]?.state !== "dead") {
      throw new MillraceError("not-found", `${id} is no dead letter of this store: see "millrace dead ls"`);
    }
    const record = jobRecord(rows[0]);
    printRecord(shell.terminal, format, { value: record, lines: jobLines(record) });
    return EXIT.ok;
  });
}
