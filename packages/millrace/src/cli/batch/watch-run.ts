/** The command `batch watch`: follows a run that other processes work on. */
import { isFinishedRun, type RunId, type RunProgress } from "@millrace/core";
import type { OpenClient } from "../client.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { findRun } from "../follow-run.ts";
import { hearInterrupts } from "../interrupt.ts";
import { type Format, printRecord } from "../output.ts";
import { type ProgressWords, progressDisplay } from "../progress-display.ts";
import { refuseAlone, type Shell } from "../shell.ts";
import { count, ofTotal, spanRange } from "../words.ts";
import { runLines, runOnDisplay } from "./run-record.ts";

/** Which run, and how it is shown. */
export interface WatchRequest {
  readonly id: RunId;
  readonly output: Format;
}

/**
 * Shows progress until the run ends, then the run; the exit code says how it ended.
 * @throws MillraceError `not-found`, `bad-usage` where nobody can work on it meanwhile.
 */
export async function watchRun(shell: Shell, client: OpenClient, request: WatchRequest): Promise<number> {
  const { mr, home } = client;
  const { id, output } = request;
  const before = await findRun(home.store, id);
  if (!isFinishedRun(before.state)) refuseAlone(home, `following run ${id}, which is ${before.state},`);
  const isInterrupted = await follow(shell, client, request);
  if (isInterrupted) return EXIT.interrupted;
  const view = mr.run(id);
  const shown = runOnDisplay(await view.row(), await view.steps());
  printRecord(shell.terminal, output, { value: shown.record, lines: runLines(shown) });
  return exitCodeOfRun(shown.row.state);
}

/** Whether the user has had enough before the run ended. */
async function follow(shell: Shell, { mr }: OpenClient, { id, output }: WatchRequest): Promise<boolean> {
  const interrupt = hearInterrupts();
  const ending = new AbortController();
  void interrupt.first.then(() => ending.abort());
  const display = progressDisplay(shell.terminal, { isQuiet: false, format: output, words: runWords });
  try {
    for await (const progress of mr.run(id).progress({ signal: ending.signal })) display.show(progress);
    return false;
  } catch (error) {
    if (ending.signal.aborted) return true;
    throw error;
  } finally {
    display.end();
    interrupt.dispose();
  }
}

/** What a display shows of a run's progress. */
export function runWords(progress: RunProgress): ProgressWords {
  const { state, step, done, total, skipped, itemsPerSecond, eta } = progress;
  const isMoving = itemsPerSecond >= 0.5;
  const parts = [
    step === undefined ? state : `${step}: ${ofTotal(done, total)} items`,
    ...failedWords(progress),
    ...(skipped === 0 ? [] : [`${count(skipped)} skipped`]),
    ...(isMoving ? [`${count(Math.round(itemsPerSecond))} items/s`] : []),
    ...(eta === undefined || done === total ? [] : [`${spanRange(eta.lowMs, eta.highMs)} left`]),
    ...(state === "running" || step === undefined ? [] : [state]),
  ];
  const share = total === undefined ? undefined : total === 0 ? 1 : Math.min(1, done / total);
  return { parts, share };
}

/** Items of a step that fails are kept as failed where nothing has worked on them. */
function failedWords({ failed, counters }: RunProgress): readonly string[] {
  if (failed === 0) return [];
  const notBegun = counters["not-begun"] ?? 0;
  const words = `${count(failed)} failed`;
  return [notBegun === 0 ? words : `${words} (${count(notBegun)} not begun)`];
}
