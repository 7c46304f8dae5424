/** The command `jobs logs`: what a job's handler wrote down, once or as it is written. */
import { isTerminal, type JobId, type LogRow, logCursor } from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import { hearInterrupts } from "../interrupt.ts";
import type { Format } from "../output.ts";
import { rest } from "../rest.ts";
import { type OpenHome, refuseAlone, type Shell, withHome } from "../shell.ts";
import { localTime, printable } from "../words.ts";
import { findJob } from "./show-job.ts";

/** Options of the command. */
export interface LogOptions {
  readonly follow?: boolean;
  readonly output: Format;
}

const PAGE = 500;
const POLL_MS = 500;

/** Prints a job's log; with `follow` until the job has finished. */
export async function showLogs(shell: Shell, id: string, options: LogOptions): Promise<number> {
  return withHome(shell, { reads: true }, async (home) => {
    await findJob(home.store, id);
    if (options.follow === true) refuseAlone(home, "jobs logs --follow");
    const interrupt = hearInterrupts();
    try {
      const printed = await printLogs(shell, home, { id: id as JobId, options, signal: interrupt.signal }); // found
      if (printed === 0) shell.terminal.say("info", `job ${id} has logged nothing`);
      return interrupt.isRaised ? EXIT.interrupted : EXIT.ok;
    } finally {
      interrupt.dispose();
    }
  });
}

interface LogWork {
  readonly id: JobId;
  readonly options: LogOptions;
  readonly signal: AbortSignal;
}

/** How many lines it printed. */
async function printLogs(shell: Shell, home: OpenHome, work: LogWork): Promise<number> {
  const { output } = work.options;
  let printed = 0;
  for await (const row of linesOf(home, work))
    printLine(shell, row, { format: output, isFirst: printed++ === 0 });
  if (output === "json") shell.terminal.print(printed === 0 ? "[]" : "]");
  return printed;
}

/** A job that is seen finished before a reading has no more to say after it. */
async function* linesOf({ store }: OpenHome, { id, options, signal }: LogWork): AsyncGenerator<LogRow> {
  let after: string | undefined;
  while (!signal.aborted) {
    const isLast = options.follow !== true || isTerminal((await findJob(store, id)).state);
    const { rows, next } = await store.logs(id, { limit: PAGE, after });
    yield* rows;
    const last = rows.at(-1);
    if (last !== undefined) after = logCursor(last);
    if (next !== undefined) continue;
    if (isLast) return;
    await rest(POLL_MS, signal);
  }
}

function printLine(
  { terminal }: Shell,
  { generation, seq, atMs, level, line }: LogRow,
  { format, isFirst }: { readonly format: Format; readonly isFirst: boolean },
): void {
  const value = JSON.stringify({ generation, seq, at: new Date(atMs).toISOString(), level, line });
  if (format === "json") terminal.print(`${isFirst ? "[" : ","} ${value}`);
  else if (format === "ndjson") terminal.print(value);
  else terminal.print(`${localTime(atMs)}  ${painted(terminal, level)}  ${printable(line)}`);
}

function painted({ outColours: colours }: Shell["terminal"], level: LogRow["level"]): string {
  const paint = { info: (text: string) => text, warn: colours.yellow, error: colours.red }[level];
  return paint(level.padEnd(5));
}
