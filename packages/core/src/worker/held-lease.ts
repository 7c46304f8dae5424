/** One claim batch as its worker holds it, while any of its jobs is held. */
import type { LeaseId } from "../model/ids.ts";
import type { Holder } from "./holder.ts";

/** What the batch's jobs share. */
export interface HeldLease {
  readonly id: LeaseId;
  readonly solo: boolean;
  /** When the claim was sent, on the monotonic clock. */
  readonly sentAtMs: number;
  /** All it ever had. */
  readonly holders: Holder[];
  /** So many of them are not forgotten yet. */
  held: number;
  /** On the monotonic clock. */
  lostAtMs: number;
  /** Not extended any more: the process was blocked for too long while it held it. */
  abandoned: boolean;
  /** Holds a job that the store still takes for running, though nobody runs it: must run out, not be dropped. */
  mustExpire: boolean;
}
