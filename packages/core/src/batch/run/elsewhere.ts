/** Work of a run that only another version of its program can go on with. */
import { PutOffError } from "../../model/put-off.ts";

/** How long it waits for a worker of that version before it is looked at again. */
const LOOK_AGAIN = "5s";

/** Puts the job off without burning an attempt, however often; `reason` is what `explain` says. */
export function elsewhere(reason: string): PutOffError {
  return new PutOffError(LOOK_AGAIN, { reason });
}
