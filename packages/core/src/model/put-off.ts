/** When work cannot be done now for no fault of its own. */
import type { Duration } from "./duration.ts";
import type { SnoozeNote } from "./limit.ts";
import { RetryAfterError } from "./retry-after.ts";

/**
 * Thrown by a handler, or by a step's function for an item, whose work is held up by something else: its job is put off
 * by `delay`, and no attempt is burnt, however often. What had been done by then is kept as with any error.
 */
export class PutOffError extends RetryAfterError {
  /** Why, for `explain`: the limit that is held, and in whose words. */
  readonly note: SnoozeNote;

  /** @throws MillraceError `bad-config` for what is no duration. */
  constructor(delay: Duration, note: SnoozeNote = {}) {
    const { limit = "what it needs", reason } = note;
    super(delay, `${limit} is held up${reason === undefined || reason === "" ? "" : ` (${reason})`}`);
    this.name = "PutOffError";
    this.note = note;
  }
}
