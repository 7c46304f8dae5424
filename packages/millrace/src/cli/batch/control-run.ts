/** The commands `batch pause|resume|cancel|restart`. */
import type { RunId, RunRow, RunView } from "@millrace/core";
import { withClient } from "../client.ts";
import { confirmed } from "../confirm.ts";
import { EXIT } from "../exit-code.ts";
import { findRun } from "../follow-run.ts";
import { type Format, printRecord } from "../output.ts";
import type { Shell } from "../shell.ts";
import { runLines, runOnDisplay } from "./run-record.ts";
import { sayWhoWorks } from "./who-works.ts";

/** What can be done to a run. */
export type RunVerb = "pause" | "resume" | "cancel" | "restart";

/** Options of these commands. */
export interface ControlFlags {
  readonly reason?: string;
  readonly yes?: boolean;
  /** Of a restart. */
  readonly onlyFailed?: boolean;
  readonly output: Format;
}

/** Does it, once it was confirmed where that is asked for, and prints the run. */
export function controlRun(shell: Shell, verb: RunVerb, { id, flags }: ControlRequest): Promise<number> {
  return withClient(shell, { reads: true }, async ({ mr, home }) => {
    const before = await findRun(home.store, id);
    if (!(await mayGoOn(shell, verb, { row: before, flags }))) return EXIT.ok;
    const view = mr.run(id);
    await done(view, verb, flags);
    const shown = runOnDisplay(await view.row(), await view.steps());
    printRecord(shell.terminal, flags.output, { value: shown.record, lines: runLines(shown) });
    if (verb === "restart" || verb === "resume") sayWhoWorks(shell, home, before);
    return EXIT.ok;
  });
}

/** Which run, and how. */
export interface ControlRequest {
  readonly id: RunId;
  readonly flags: ControlFlags;
}

function done(run: RunView, verb: RunVerb, { reason, onlyFailed }: ControlFlags): Promise<void> {
  const note = { reason };
  switch (verb) {
    case "pause":
      return run.pause(note);
    case "resume":
      return run.resume(note);
    case "cancel":
      return run.cancel(note);
    case "restart":
      return run.restart({ ...note, only: onlyFailed === true ? "failed" : undefined });
  }
}

/** Only a cancel cannot be taken back. */
async function mayGoOn(
  { terminal }: Shell,
  verb: RunVerb,
  { row, flags }: { readonly row: RunRow; readonly flags: ControlFlags },
): Promise<boolean> {
  if (verb !== "cancel" || flags.yes === true) return true;
  if (await confirmed(terminal, `Cancel run ${row.id} of "${row.definition}", which is ${row.state}?`))
    return true;
  terminal.say("info", "nothing was changed");
  return false;
}
