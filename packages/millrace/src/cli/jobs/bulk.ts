/** A change to all jobs that match: counts them, asks, does it page by page, and says how far it came. */
import type { JobFilter, JobId, Store } from "@millrace/core";
import { confirmed } from "../confirm.ts";
import { countProgress } from "../count-progress.ts";
import { EXIT } from "../exit-code.ts";
import { hearInterrupts, Interrupted } from "../interrupt.ts";
import { type Format, printRecord } from "../output.ts";
import type { Shell } from "../shell.ts";
import { count, counted } from "../words.ts";
import { matchingJobs } from "./matching-jobs.ts";

/** Options of commands that change many things. */
export interface BulkOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly output: Format;
}

/** What is done to jobs. */
export interface Change {
  /** `cancel`, and what one says while it is done: `cancelling`. */
  readonly verb: string;
  readonly doing: string;
  /** Answers in order. */
  apply(ids: readonly JobId[]): Promise<readonly string[]>;
}

/** What a bulk change came to: how many jobs matched, and how many got which answer. */
interface BulkReport {
  readonly matched: number;
  readonly dryRun: boolean;
  readonly interrupted: boolean;
  readonly answers: Readonly<Record<string, number>>;
}

/** A change of what matches, in one store. */
export interface BulkWork {
  readonly store: Pick<Store, "find">;
  readonly query: JobFilter;
  readonly change: Change;
}

/** Counts, asks and does it; the exit code. @throws what the store throws, after saying what was done. */
export async function changeMatching(shell: Shell, work: BulkWork, options: BulkOptions): Promise<number> {
  const { verb } = work.change;
  const matched = await countMatching(shell, work);
  const report: BulkReport = { matched, dryRun: options.dryRun === true, interrupted: false, answers: {} };
  const what = `${verb} ${counted(matched, "job")}`;
  if (matched === 0 || report.dryRun)
    return tellReport(shell, options.output, { report, line: `would ${what}` });
  if (options.yes !== true && !(await confirmed(shell.terminal, `${what}?`))) return EXIT.error;
  const done = await applyToAll(shell, work, matched);
  return tellReport(shell, options.output, {
    report: { ...report, ...done },
    line: answersLine(done.answers),
  });
}

/** The answers in one line: `12 cancelled, 3 cancelling`. */
export function answersLine(answers: Readonly<Record<string, number>>): string {
  const words = Object.entries(answers).map(([answer, times]) => `${count(times)} ${answer}`);
  return words.length === 0 ? "nothing was changed" : words.join(", ");
}

/** How many got which answer. */
export function tallied(
  answers: readonly string[],
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = { ...before };
  for (const answer of answers) sums[answer] = (sums[answer] ?? 0) + 1;
  return sums;
}

/** How many match. @throws Interrupted at a signal: nothing was changed yet. */
export async function countMatching(
  { terminal }: Shell,
  { store, query }: Pick<BulkWork, "store" | "query">,
): Promise<number> {
  const progress = countProgress(terminal, { doing: "counting", things: "jobs" });
  const interrupt = hearInterrupts();
  let matched = 0;
  try {
    for await (const rows of matchingJobs(store, query, { signal: interrupt.signal })) {
      matched += rows.length;
      progress.show(matched);
    }
  } finally {
    progress.end();
    interrupt.dispose();
  }
  if (interrupt.isRaised) throw new Interrupted("interrupted while counting: nothing was changed");
  return matched;
}

/** Stops between two pages at a signal. */
async function applyToAll(
  { terminal }: Shell,
  { store, query, change }: BulkWork,
  matched: number,
): Promise<Pick<BulkReport, "answers" | "interrupted">> {
  const progress = countProgress(terminal, { doing: change.doing, things: "jobs", total: matched });
  const interrupt = hearInterrupts();
  let answers: Readonly<Record<string, number>> = {};
  let done = 0;
  try {
    progress.show(0);
    for await (const rows of matchingJobs(store, query, { signal: interrupt.signal })) {
      answers = tallied(await change.apply(rows.map(({ id }) => id)), answers);
      done += rows.length;
      progress.show(done);
    }
    return { answers, interrupted: interrupt.isRaised };
  } catch (error) {
    progress.end();
    terminal.say(
      "warn",
      `stopped by an error after ${count(done)} of ${counted(matched, "job")}: ${answersLine(answers)}`,
    );
    throw error;
  } finally {
    progress.end();
    interrupt.dispose();
  }
}

function tellReport(
  { terminal }: Shell,
  format: Format,
  { report, line }: { readonly report: BulkReport; readonly line: string },
): number {
  const shown = report.matched === 0 ? "there are no such jobs" : line;
  printRecord(terminal, format, { value: report, lines: [shown] });
  if (!report.interrupted) return EXIT.ok;
  terminal.say("warn", "interrupted: run the same command again for the rest");
  return EXIT.interrupted;
}
