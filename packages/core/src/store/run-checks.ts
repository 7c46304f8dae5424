/** What every store refuses of runs and their moves before it changes anything. */
import { MillraceError } from "../model/errors.ts";
import type { NewJob } from "../model/job.ts";
import { isFinishedRun, type NewRun, type RunMove } from "../model/run.ts";
import { checkChildren, checkNote, checkPriority } from "./checks.ts";
import { checkText } from "./value-checks.ts";

/**
 * Checks a run and its coordinator as {@link checkChildren} checks jobs.
 * @throws MillraceError `bad-input` naming the run and the field; `bad-usage` for a class there is none of.
 */
export function checkRun(run: NewRun, coordinator: NewJob): void {
  const texts = [
    "definition",
    "instance",
    "tenant",
    "params",
    "queue",
    "version",
    "submittedBy",
    "correlationId",
  ] as const;
  for (const field of texts) checkText(run[field], () => `run ${run.id}`, field);
  checkPriority(run.priority);
  checkChildren([coordinator]);
}

/**
 * Checks a run's move, and its coordinator as {@link checkChildren} does.
 * @throws MillraceError `bad-usage` for a coordinator with a move that does not lead from finished states to `running`.
 */
export function checkMove({ run, from, to, note = {}, coordinator }: RunMove): void {
  checkNote(note);
  if (coordinator === undefined) return;
  if (to !== "running" || !from.every(isFinishedRun)) {
    throw new MillraceError(
      "bad-usage",
      `run ${run} gets a new coordinator only as it is restarted, from finished states to running`,
    );
  }
  checkChildren([coordinator]);
}
