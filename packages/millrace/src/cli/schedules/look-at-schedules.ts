/** The commands `schedules ls|show|next|why`. */
import type { ScheduleRecord } from "@millrace/core";
import { withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import { type Format, printList, printRecord } from "../output.ts";
import type { Shell } from "../shell.ts";
import type { Column } from "../table.ts";
import { localTime } from "../words.ts";
import { noSchedule } from "./no-schedule.ts";
import { jobWords, scheduleLines, timingWords } from "./schedule-lines.ts";

/** Options of `schedules ls`. */
export interface ListOptions {
  readonly tenant?: string;
  readonly limit: number;
  readonly output: Format;
}

/** Options of `schedules next`. */
export interface NextOptions {
  readonly count: number;
  readonly output: Format;
}

/** Options of `schedules why`. */
export interface WhyOptions {
  readonly at?: string;
  readonly output: Format;
}

const COLUMNS: readonly Column<ScheduleRecord>[] = [
  { title: "schedule", cell: ({ id }) => id },
  { title: "times", cell: timingWords },
  { title: "job", cell: jobWords },
  { title: "next", cell: ({ nextAt, paused }) => (paused ? "paused" : timeOr(nextAt, "never")) },
  { title: "last", cell: ({ lastAt }) => timeOr(lastAt, "") },
  { title: "last outcome", cell: ({ recent: [last] }) => last?.reason ?? last?.outcome ?? "" },
];

function timeOr(at: string | null, otherwise: string): string {
  return at === null ? otherwise : localTime(Date.parse(at));
}

/** Lists schedules. */
export function listSchedules(shell: Shell, { tenant, limit, output }: ListOptions): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const { rows, next } = await mr.schedules.list({ tenant, limit });
    printList(shell.terminal, output, { columns: COLUMNS, rows, empty: "there are no such schedules" });
    if (next !== undefined) shell.terminal.say("info", "there are more: raise --limit");
    return EXIT.ok;
  });
}

/** Shows one schedule. */
export function showSchedule(shell: Shell, id: string, output: Format): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const value = await mr.schedules.get(id);
    if (value === undefined) throw noSchedule(id);
    printRecord(shell.terminal, output, { value, lines: scheduleLines(value) });
    return EXIT.ok;
  });
}

/** Lists when a schedule fires next. */
export function nextTimes(shell: Shell, id: string, { count, output }: NextOptions): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const times = await mr.schedules.next(id, count);
    if (times === undefined) throw noSchedule(id);
    const columns: readonly Column<string>[] = [
      { title: "UTC", cell: (at) => at },
      { title: "here", cell: (at) => localTime(Date.parse(at)) },
    ];
    printList(shell.terminal, output, { columns, rows: times, empty: "it fires no more" });
    if ((await mr.schedules.get(id))?.paused)
      shell.terminal.say("warn", "it is paused: so it would fire if it were resumed now");
    return EXIT.ok;
  });
}

/** Says why a schedule fired, or did not. */
export function whySchedule(shell: Shell, id: string, { at, output }: WhyOptions): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr }) => {
    const value = await mr.schedules.why(id, at);
    if (value.kind === "not-found") throw noSchedule(id);
    const when = value.at === null ? "" : ` ${value.at}`;
    printRecord(shell.terminal, output, { value, lines: [`${value.kind}${when}: ${value.text}`] });
    return EXIT.ok;
  });
}
