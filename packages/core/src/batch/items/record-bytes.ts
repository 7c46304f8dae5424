/** How long one record of a file may be. */
import { badOption } from "../../model/options.ts";

/** Longest record where nothing else was said. */
export const MAX_RECORD_BYTES = 262_144;
/** An item has to fit into the value of a job, with what goes round it. */
const MOST = 1_000_000;

/** Checks the option. @throws MillraceError `bad-config` naming it and the bad value. */
export function checkRecordBytes(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= MOST) return value;
  throw badOption(option, value, `a whole number from 1 to ${MOST}`);
}
