/** How long finished jobs are kept. */
import { type Duration, durationMs } from "./duration.ts";
import { TERMINAL_STATES, type TerminalState } from "./job.ts";
import { badOption, refuseUnknownKeys } from "./options.ts";

/** Since a job finished; {@link RETENTION_DEFAULTS} where left out. */
export interface RetentionOptions
  extends Readonly<Partial<Record<TerminalState, Duration | "forever" | undefined>>> {
  /** Since an event happened: how far back readers can go on. */
  readonly events?: Duration | undefined;
}

/** Dead letters stay until somebody decides. */
export const RETENTION_DEFAULTS: Readonly<
  Record<TerminalState, Duration | "forever"> & { events: Duration }
> = Object.freeze({
  completed: "1d",
  cancelled: "1d",
  expired: "1d",
  dead: "forever",
  events: "1d",
});

/** How long finished jobs are kept, in ms, by state (`Infinity`: for ever), and events. */
export type RetentionMs = Readonly<Record<TerminalState | "events", number>>;

/** Readers come back, and folds are late: events are kept at least so long. */
const MIN_EVENTS_MS = 60_000;

/** The options in ms, `Infinity` for ever. @throws MillraceError `bad-config` naming the option and its bad value. */
export function retentionMs(options: RetentionOptions = {}): RetentionMs {
  if (typeof options !== "object" || options === null) {
    throw badOption("createMillrace.retention", options, "an object of state and duration");
  }
  refuseUnknownKeys("createMillrace.retention", options, [...TERMINAL_STATES, "events"]);
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
    events: eventsMs(options.events ?? RETENTION_DEFAULTS.events),
  };
}

function eventsMs(value: Duration): number {
  const ms = Math.round(durationMs(value, "createMillrace.retention.events"));
  if (ms >= MIN_EVENTS_MS) return ms;
  throw badOption("createMillrace.retention.events", value, `${MIN_EVENTS_MS} ms or more`);
}
