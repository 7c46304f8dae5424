/** What a fire does about the jobs of earlier ones, and what is then recorded of it: the same on every store. */
import type { JobId, RunId } from "./ids.ts";
import { type FireRecord, newestJobs, type Overlap, recordsWith } from "./schedule.ts";

/** A job of an earlier fire that has not ended. */
export interface LiveJob {
  readonly id: JobId;
  /** Whether it waits for its turn (scheduled, ready, retrying) and does not run or wait for children. */
  readonly isInLine: boolean;
}

/** To make the fire, perhaps after cancelling jobs, or to leave it for the sake of one. */
export type FireVerdict =
  | { readonly kind: "make"; readonly cancels: readonly JobId[] }
  | { readonly kind: "leave"; readonly job: JobId };

/** Judges a fire by the live jobs of earlier ones, oldest first. */
export function fireVerdict(overlap: Overlap, live: readonly LiveJob[]): FireVerdict {
  switch (overlap) {
    case "allow":
      return { kind: "make", cancels: [] };
    case "skip":
      return unless(live[0]);
    case "queue-one":
      return unless(live.find(({ isInLine }) => isInLine));
    case "cancel-running":
      return { kind: "make", cancels: live.map(({ id }) => id) };
  }
}

function unless(job: LiveJob | undefined): FireVerdict {
  return job === undefined ? { kind: "make", cancels: [] } : { kind: "leave", job: job.id };
}

/** How a fire came out; `undefined` where none was to be made. */
export type FireOutcome =
  | { readonly outcome: "fired"; readonly job: JobId; readonly run?: RunId | undefined }
  | {
      readonly outcome: "skipped";
      readonly reason: "overlap";
      readonly job: JobId;
      readonly run?: RunId | undefined;
    }
  | { readonly outcome: "skipped"; readonly reason: "finished"; readonly run: RunId }
  | { readonly outcome: "skipped"; readonly reason: "queue-full" }
  | undefined;

/** A fire as it was asked for. */
interface Asked {
  readonly due: { readonly at: number } | "manual";
  readonly missed?: { readonly fromMs: number; readonly beforeMs: number } | undefined;
  readonly fire?: { readonly fireMs: number } | undefined;
  readonly nextMs?: number | undefined;
}

/** What of a schedule changes as it fires. */
export interface Fired {
  readonly nextMs?: number | undefined;
  readonly lastMs?: number | undefined;
  readonly jobs: readonly JobId[];
  readonly recent: readonly FireRecord[];
}

/** How a schedule stands after a fire that was decided at `nowMs`, with those of its jobs that are still live then. */
export function afterFire(
  before: Fired,
  asked: Asked,
  by: { readonly outcome: FireOutcome; readonly live: readonly JobId[]; readonly nowMs: number },
): Fired {
  const { outcome, live, nowMs } = by;
  const made = outcome?.outcome === "fired" ? outcome.job : undefined;
  const isAgain = made !== undefined && !isNewFire(before.recent, { job: made });
  const times =
    asked.due === "manual" ? before : { nextMs: asked.nextMs, lastMs: lastOf(before, asked, made) };
  return {
    nextMs: times.nextMs,
    lastMs: times.lastMs,
    jobs: newestJobs(made === undefined ? live : [...live.filter((id) => id !== made), made]),
    recent: isAgain ? before.recent : recordsWith(before.recent, recordsOf(asked, outcome, nowMs)),
  };
}

/** Whether a job that a fire made is not yet among a schedule's records: a fire that is sent again makes none anew. */
export function isNewFire(recent: readonly FireRecord[], { job: made }: { readonly job: JobId }): boolean {
  return !recent.some(({ job, outcome }) => job === made && outcome === "fired");
}

function lastOf(before: Fired, { fire }: Asked, made: JobId | undefined): number | undefined {
  return made === undefined ? before.lastMs : fire?.fireMs;
}

/** What is recorded of a fire, oldest first. */
function recordsOf({ due, missed, fire }: Asked, outcome: FireOutcome, atMs: number): readonly FireRecord[] {
  const passedOver: readonly FireRecord[] =
    missed === undefined
      ? []
      : [{ fireMs: missed.fromMs, beforeMs: missed.beforeMs, atMs, outcome: "skipped", reason: "missed" }];
  if (fire === undefined || outcome === undefined) return passedOver;
  const made: FireRecord = { fireMs: fire.fireMs, atMs, ...outcome };
  return [...passedOver, due === "manual" ? { ...made, manual: true } : made];
}
