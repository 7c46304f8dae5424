/** What a store knows of a job that bears on why it runs or does not, all of one moment. */
import type { ChildTally, WaitCondition } from "./children.ts";
import type { ControlNote } from "./control-note.ts";
import type { JobId } from "./ids.ts";
import type { JobRow } from "./job.ts";
import type { LimitHold, SnoozeNote } from "./limit.ts";

/** Counts of what stands before a job stop here: it means this many or more. */
export const MOST_COUNTED = 1_000;
/** Most children named of those a job waits for. */
export const MOST_NAMED = 10;

/** What stands before a ready job in its queue, each counted up to {@link MOST_COUNTED}; expired ones count for none. */
export interface Ahead {
  /** Ready jobs of its class before it in claim order; suspects run beside them. */
  readonly inClass: number;
  /** Ready jobs of higher classes. */
  readonly higher: number;
}

/** Where a job stands behind others of its ordering key. */
export interface LinePlace {
  /** The one whose turn it is; left out where there is none: a sweep will let the next one go. */
  readonly first?: JobId | undefined;
  /** How many live ones come before it, up to {@link MOST_COUNTED}. */
  readonly ahead: number;
}

/** Why the last attempt of a job in line put it off; nobody has held it since. */
export interface PutOff extends SnoozeNote {
  /** What holds its limit, while that is in force. */
  readonly hold?: Pick<LimitHold, "untilMs" | "reason"> | undefined;
}

/** Who holds a running job. */
export interface Hold {
  readonly worker: string;
  /** When it was claimed; left out where a version before this fact was kept had claimed it. */
  readonly sinceMs?: number | undefined;
  readonly untilMs: number;
}

/** What a waiting job waits for. */
export interface AwaitedChildren extends ChildTally {
  readonly condition: WaitCondition;
  /** The first of those that have not ended, by id, at most {@link MOST_NAMED}. */
  readonly unfinished: readonly JobId[];
}

/** The live workers, from a job's point of view. */
export interface Takers {
  readonly live: number;
  /** Of them, those that take jobs of its queue, name and class. */
  readonly able: number;
  /** Slots these had free when they gave their word last. */
  readonly free: number;
}

/** The facts about one job; what belongs only to one state exists only in it. */
export interface JobFacts
  extends Pick<
    JobRow,
    | "id"
    | "queue"
    | "name"
    | "priority"
    | "state"
    | "attempts"
    | "rescues"
    | "createdAtMs"
    | "runAtMs"
    | "finishedAtMs"
    | "expiresAtMs"
    | "records"
  > {
  /** The moment of all this, in ms on the store's clock. */
  readonly nowMs: number;
  /** Whether its last holder vanished, so that it is to run alone. */
  readonly isSuspect: boolean;
  /** Whether its queue is paused. */
  readonly isPaused: boolean;
  /** Of a ready job that stands in line with others: no suspect, not behind its ordering key, not past its expiry. */
  readonly ahead?: Ahead | undefined;
  /** Of a job in line behind another of its ordering key. */
  readonly line?: LinePlace | undefined;
  /** Of a job in line whose last attempt said why it put it off; none of a suspect, whose attempts came later. */
  readonly putOff?: PutOff | undefined;
  /** Of a running job. */
  readonly hold?: Hold | undefined;
  /** Of a running job that was cancelled: why and by whom. */
  readonly cancelling?: ControlNote | undefined;
  /** Of a waiting job. */
  readonly children?: AwaitedChildren | undefined;
  /** Of a job in line. */
  readonly takers?: Takers | undefined;
}
