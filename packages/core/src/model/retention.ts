/** How long finished jobs are kept. */
import { type Duration, durationMs } from "./duration.ts";
import { TERMINAL_STATES, type TerminalState } from "./job.ts";
import { badOption, refuseUnknownKeys } from "./options.ts";

/** Since a job finished; {@link RETENTION_DEFAULTS} where left out. */
export type RetentionOptions = Readonly<Partial<Record<TerminalState, Duration | "forever" | undefined>>>;

/** Dead letters stay until somebody decides. */
export const RETENTION_DEFAULTS: Readonly<Record<TerminalState, Duration | "forever">> = Object.freeze({
  completed: "1d",
  cancelled: "1d",
  expired: "1d",
  dead: "forever",
});

/** The options in ms, `Infinity` for ever. @throws MillraceError `bad-config` naming the option and its bad value. */
export function retentionMs(options: RetentionOptions = {}): Readonly<Record<TerminalState, number>> {
  if (typeof options !== "object" || options === null) {
    throw badOption("createMillrace.retention", options, "an object of state and duration");
  }
  refuseUnknownKeys("createMillrace.retention", options, TERMINAL_STATES);
  const msOf = (state: TerminalState) => {
    const value = options[state] ?? RETENTION_DEFAULTS[state];
    return value === "forever"
      ? Number.POSITIVE_INFINITY
      : durationMs(value, `createMillrace.retention.${state}`);
  };
  return {
    completed: msOf("completed"),
    dead: msOf("dead"),
    cancelled: msOf("cancelled"),
    expired: msOf("expired"),
  };
}
