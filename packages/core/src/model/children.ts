/** What a parent waits for: policies over its children, and how they are decided. */

/** How a parent's children stand. Those neither completed nor failed are unfinished. */
export interface ChildTally {
  /** All children the job has had in this generation. */
  readonly total: number;
  readonly completed: number;
  /** Ended otherwise: dead, cancelled or expired. */
  readonly failed: number;
}

/**
 * When a waiting parent goes on, and when it never can. `wait-all`: when all have ended, however. `fail-fast`: when all
 * have completed; the first failed one makes that impossible. `quorum`: once `n` (1 or more) have completed; impossible
 * when too few are left for that. `tolerate`: when all have ended with at most `percent` (0 to 100) failed; impossible as
 * soon as more have. A parent whose condition has become impossible ends dead, fingerprint `children-failed`.
 */
export type ChildPolicy =
  | { readonly kind: "wait-all" }
  | { readonly kind: "fail-fast" }
  | { readonly kind: "quorum"; readonly n: number }
  | { readonly kind: "tolerate"; readonly percent: number };

/** A policy, or the plain condition that at most `wakeAt` children are unfinished. */
export type WaitCondition = ChildPolicy | { readonly kind: "threshold"; readonly wakeAt: number };

/** The fingerprint, and the reason in its record, of a parent that died of its children. */
export const CHILDREN_FAILED = "children-failed";

/** Whether a parent that waits for this goes on waiting, goes on running, or never can. */
export function verdictOf(condition: WaitCondition, tally: ChildTally): "wait" | "wake" | "fail" {
  const { total, completed, failed } = tally;
  const unfinished = total - completed - failed;
  const ended = unfinished === 0 ? "wake" : "wait";
  switch (condition.kind) {
    case "threshold":
      return unfinished <= condition.wakeAt ? "wake" : "wait";
    case "wait-all":
      return ended;
    case "fail-fast":
      return failed > 0 ? "fail" : ended;
    case "quorum":
      if (completed >= condition.n) return "wake";
      return completed + unfinished < condition.n ? "fail" : "wait";
    case "tolerate":
      return failed * 100 > condition.percent * total ? "fail" : ended;
  }
}

/** What is kept of a parent that died of its children; `decodeAttempts` reads it. */
export function childrenFailedRecord({ failed, total }: ChildTally): string {
  return `{"kind":"${CHILDREN_FAILED}","failed":${failed},"total":${total}}`;
}
