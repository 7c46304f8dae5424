/** What is said of a schedule that is not there. */
import { MillraceError } from "@millrace/core";

/** The error `not-found`. */
export function noSchedule(id: string): MillraceError {
  return new MillraceError(
    "not-found",
    `there is no schedule "${id}" in this store: see "millrace schedules ls"`,
  );
}
