/** What can happen to a job, as the journal names it. */

/** Every kind of transition, in the order of a job's life. */
export const TRANSITIONS = [
  "enqueued",
  "claimed",
  "completed",
  "dead",
  "retrying",
  "snoozed",
  "released",
  "waiting",
  "woken",
  "rescued",
  "cancelled",
  "expired",
  "replayed",
  "deleted",
] as const;

/** One kind of transition. A job given up as crashed is `dead`; a parent whose children were done is `woken`. */
export type Transition = (typeof TRANSITIONS)[number];
