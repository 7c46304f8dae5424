/** Counters that a step keeps of its items by itself: nothing else may add to them, or they would not equal the ledger. */
import { MillraceError } from "../model/errors.ts";

/** The counter of items among the failed ones that nothing has worked on: their step was failing before. */
export const NOT_BEGUN = "not-begun";

const OWN: ReadonlySet<string> = new Set([
  NOT_BEGUN,
  "read",
  "done",
  "filtered",
  "skipped",
  "failed",
  "retried",
  "repeated",
  "sealed",
  "processed",
  "written",
]);

/** What begins so is of the engine, and hidden from people. */
export const HIDDEN_PREFIX = "chunk:";

/** Refuses a step's own name. `who`: what would add to it. @throws MillraceError `bad-usage` */
export function refuseOwnCounter(name: string, who: string): void {
  if (!OWN.has(name) && !name.startsWith(HIDDEN_PREFIX)) return;
  throw new MillraceError(
    "bad-usage",
    `${who} adds to "${name}", which the step counts by itself: choose another name`,
  );
}

/** The same of several. @throws MillraceError `bad-usage` */
export function refuseOwnCounters(counts: Readonly<Record<string, number>>, who: string): void {
  for (const name of Object.keys(counts)) refuseOwnCounter(name, who);
}
