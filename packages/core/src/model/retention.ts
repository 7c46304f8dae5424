/** How long finished jobs, finished runs, and the records of the audit, are kept. */
import { type Duration, durationMs } from "./duration.ts";
import { TERMINAL_STATES, type TerminalState } from "./job.ts";
import { badOption, refuseUnknownKeys } from "./options.ts";

/** What is kept for a while: finished jobs by state, finished runs, and the audit. */
type Kept = TerminalState | "runs" | "audit";

/** Since a job or a run finished, or a record was written; {@link RETENTION_DEFAULTS} where left out. */
export interface RetentionOptions extends Readonly<Partial<Record<Kept, Duration | "forever" | undefined>>> {
  /** Since an event happened: how far back readers can go on. */
  readonly events?: Duration | undefined;
}

/**
 * Dead letters, runs, and what people did, stay until somebody decides; that a completed instance does not run again holds only as
 * long as its run is known.
 */
export const RETENTION_DEFAULTS: Readonly<Record<Kept, Duration | "forever"> & { events: Duration }> =
  Object.freeze({
    completed: "1d",
    cancelled: "1d",
    expired: "1d",
    dead: "forever",
    runs: "forever",
    audit: "forever",
    events: "1d",
  });

/** How long finished jobs, by state, finished runs, records of the audit and events are kept, in ms; `Infinity`: for ever. */
export type RetentionMs = Readonly<Record<Kept | "events", number>>;

/** Readers come back, and folds are late: events are kept at least so long. */
const MIN_EVENTS_MS = 60_000;

/** The options in ms. @throws MillraceError `bad-config` naming the option and its bad value. */
export function retentionMs(options: RetentionOptions = {}): RetentionMs {
  if (typeof options !== "object" || options === null) {
    throw badOption("createMillrace.retention", options, "an object of what is kept and a duration");
  }
  refuseUnknownKeys("createMillrace.retention", options, [...TERMINAL_STATES, "runs", "audit", "events"]);
  const msOf = (kept: Kept) => {
    const value = options[kept] ?? RETENTION_DEFAULTS[kept];
    return value === "forever"
      ? Number.POSITIVE_INFINITY
      : durationMs(value, `createMillrace.retention.${kept}`);
  };
  return {
    completed: msOf("completed"),
    dead: msOf("dead"),
    cancelled: msOf("cancelled"),
    expired: msOf("expired"),
    runs: msOf("runs"),
    audit: msOf("audit"),
    events: eventsMs(options.events ?? RETENTION_DEFAULTS.events),
  };
}

function eventsMs(value: Duration): number {
  const ms = Math.round(durationMs(value, "createMillrace.retention.events"));
  if (ms >= MIN_EVENTS_MS) return ms;
  throw badOption("createMillrace.retention.events", value, `${MIN_EVENTS_MS} ms or more`);
}
