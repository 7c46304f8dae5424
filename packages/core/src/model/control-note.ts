/** What is kept of an operator's word on a job: one line of its records, which stores keep and never read. */

/** Why something was done to a job, and who says so. */
export interface ControlNote {
  /** At most 2,000 characters. */
  readonly reason?: string | undefined;
  /** Shown, never trusted for rights. At most 200 characters. */
  readonly by?: string | undefined;
}

/** What a job's records say of its end by `cancel`. */
export function cancelledRecord({ reason, by }: ControlNote): string {
  return JSON.stringify({ kind: "cancelled", reason, by });
}

/** What a job's records say where an operator had it run again: all after it belongs to the next generation. */
export function replayedRecord({ reason, by }: ControlNote): string {
  return JSON.stringify({ kind: "replayed", reason, by });
}

/** The note of jobs that end because their parent was cancelled, or died of their failed siblings. */
export const CASCADE_NOTE: ControlNote = Object.freeze({ reason: "its parent was cancelled or had failed" });

/** The note in a record that {@link cancelledRecord} made. */
export function noteOf(record: string): ControlNote {
  const { reason, by } = JSON.parse(record) as ControlNote; // written by cancelledRecord
  return { ...(reason === undefined ? {} : { reason }), ...(by === undefined ? {} : { by }) };
}

/** The note of jobs that end because their schedule fires anew and lets none go on. */
export const FIRE_NOTE: ControlNote = Object.freeze({ reason: "its schedule has fired again" });

/** The reason in a record that {@link cancelledRecord} made. */
export function reasonOf(record: string): string | undefined {
  return (JSON.parse(record) as ControlNote).reason; // written by cancelledRecord
}
