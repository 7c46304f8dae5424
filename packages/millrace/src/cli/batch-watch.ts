/** Follows a run that another process works on. */
import { isFinishedRun, MillraceError, type RunRow } from "@millrace/core";
import { EXIT, exitCodeOfRun } from "./exit-code.ts";
import { followRun } from "./follow-run.ts";
import { IngestMeter } from "./ingest/ingest-progress.ts";
import { progressDisplay } from "./ingest/progress-display.ts";
import { hearInterrupts } from "./interrupt.ts";
import { type Format, printRecord } from "./output.ts";
import { runLines, runRecord } from "./run-record.ts";
import type { OpenHome, Shell } from "./shell.ts";

const POLL_MS = 500;

/** Shows progress until the run ends, then the run. @throws MillraceError `bad-usage` where nobody can work on it. */
export async function watchBatch(
  shell: Shell,
  home: OpenHome,
  { row, output }: { readonly row: RunRow; readonly output: Format },
): Promise<number> {
  const run = isFinishedRun(row.state) ? row : await follow(shell, home, { row, output });
  if (!isFinishedRun(run.state)) return EXIT.interrupted;
  printRecord(shell.terminal, output, { value: runRecord(run), lines: runLines(run) });
  return exitCodeOfRun(run.state);
}

async function follow(
  shell: Shell,
  home: OpenHome,
  { row, output }: { readonly row: RunRow; readonly output: Format },
): Promise<RunRow> {
  if (!home.store.capabilities.multiProcess) {
    throw new MillraceError(
      "bad-usage",
      `run ${row.id} is ${row.state}, but an embedded store has one user at a time and that is this command: ` +
        "run the same ingest again to go on",
    );
  }
  const interrupt = hearInterrupts();
  const ending = new AbortController();
  void interrupt.first.then(() => ending.abort());
  const display = progressDisplay(shell.terminal, { isQuiet: false, format: output });
  const meter = new IngestMeter();
  try {
    return await followRun(home.store, row.id, {
      everyMs: POLL_MS,
      signal: ending.signal,
      onSnapshot: (run) => display.show(meter.see(run, performance.now())),
    });
  } finally {
    display.end();
    interrupt.dispose();
  }
}
