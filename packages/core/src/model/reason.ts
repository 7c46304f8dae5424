/** Why a job is where it is: one code each with its figures, and the one place that puts them into words. */
import type { WaitCondition } from "./children.ts";
import type { JobId } from "./ids.ts";
import type { Priority } from "./job.ts";
import { MOST_COUNTED } from "./job-facts.ts";

/** Something that bears on a job. Instants are ISO 8601 in UTC; what is not known is `null`. */
export type Reason =
  /** Nobody takes jobs from its queue until it is resumed. */
  | { readonly code: "paused"; readonly queue: string }
  /** It is not due yet. */
  | { readonly code: "not-before"; readonly at: string }
  /** A limit it is under is held: no worker starts it before. */
  | {
      readonly code: "limited";
      readonly key: string;
      readonly until: string;
      readonly reason: string | null;
    }
  /** Its last attempt put it off until then; `limit`: one that it was under, which is no longer held. */
  | {
      readonly code: "snoozed";
      readonly at: string;
      readonly limit: string | null;
      readonly reason: string | null;
    }
  /** Its last attempt failed; it is due again then. */
  | {
      readonly code: "retrying";
      readonly at: string;
      readonly attempts: number;
      readonly error: string | null;
    }
  /** It is in line past its expiry: a sweep ends it. */
  | { readonly code: "past-expiry"; readonly at: string }
  /** Others come first; each count stops at 1,000, which means that many or more. */
  | {
      readonly code: "behind";
      readonly queue: string;
      readonly priority: Priority;
      readonly ahead: number;
      readonly higher: number;
    }
  /** Jobs of its ordering key run one at a time, and this one is not first. */
  | { readonly code: "behind-key"; readonly job: JobId | null; readonly ahead: number }
  /** Whoever held it last vanished: it waits to be claimed alone, without others in the same process. */
  | { readonly code: "suspect"; readonly rescues: number }
  /** No live worker takes jobs of its queue, name and class. */
  | {
      readonly code: "no-worker";
      readonly queue: string;
      readonly name: string;
      readonly priority: Priority;
      readonly live: number;
    }
  /** The workers that take it have no slot free. */
  | { readonly code: "workers-busy"; readonly able: number }
  /** Nothing stands before it: so many workers may claim it at any moment. */
  | { readonly code: "next"; readonly able: number }
  /** A worker has it. */
  | {
      readonly code: "running";
      readonly worker: string;
      readonly since: string | null;
      readonly until: string;
    }
  /** The lease it was held under has run out: a sweep takes it back. */
  | { readonly code: "lease-over"; readonly worker: string; readonly at: string }
  /** It was cancelled while it ran; its handler has been told, and however it ends, the job ends cancelled. */
  | { readonly code: "cancelling"; readonly reason: string | null; readonly by: string | null }
  /** It waits for children. */
  | {
      readonly code: "waits-for-children";
      readonly unfinished: number;
      readonly completed: number;
      readonly failed: number;
      readonly condition: WaitCondition;
      /** The first of the unfinished, at most 10. */
      readonly children: readonly JobId[];
    }
  | { readonly code: "completed"; readonly at: string; readonly attempts: number }
  /** It failed for good, and stays until somebody decides. */
  | { readonly code: "dead"; readonly at: string; readonly attempts: number; readonly error: string | null }
  | { readonly code: "cancelled"; readonly at: string; readonly error: string | null }
  /** It was in line too long and never ran again. */
  | { readonly code: "expired"; readonly at: string }
  /** Of an enqueue that was refused: another job holds the unique key. */
  | { readonly code: "key-held"; readonly key: string; readonly job: JobId | null }
  /** Of an enqueue that was refused: the queue has no room for jobs of this class. */
  | { readonly code: "queue-full"; readonly queue: string; readonly priority: Priority };

/** Why an enqueue was refused. */
export type Refusal = Extract<Reason, { readonly code: "key-held" | "queue-full" }>;

/** The reason in words, one line; `nowMs` tells how far away its instants are. */
export function sayReason(reason: Reason, nowMs: number): string {
  switch (reason.code) {
    case "paused":
    case "limited":
    case "snoozed":
    case "not-before":
    case "retrying":
    case "past-expiry":
    case "behind":
    case "behind-key":
    case "suspect":
    case "no-worker":
    case "workers-busy":
    case "next":
      return sayStanding(reason, nowMs);
    case "running":
    case "lease-over":
    case "cancelling":
      return sayHeld(reason, nowMs);
    case "waits-for-children":
      return sayChildren(reason);
    case "completed":
    case "dead":
    case "cancelled":
    case "expired":
      return sayEnd(reason, nowMs);
    case "key-held":
    case "queue-full":
      return sayRefusal(reason);
  }
}

/** Why an enqueue was refused, in words. */
export function sayRefusal(reason: Refusal): string {
  switch (reason.code) {
    case "key-held":
      return `${reason.job === null ? "another job" : `job ${reason.job}`} holds the key "${reason.key}"`;
    case "queue-full":
      return `queue "${reason.queue}" has no room for a ${reason.priority} job`;
  }
}

type Of<Code extends Reason["code"]> = Extract<Reason, { readonly code: Code }>;

type Standing = Of<
  | "paused"
  | "limited"
  | "snoozed"
  | "not-before"
  | "retrying"
  | "past-expiry"
  | "behind"
  | "behind-key"
  | "suspect"
  | "no-worker"
  | "workers-busy"
  | "next"
>;

function sayStanding(reason: Standing, nowMs: number): string {
  switch (reason.code) {
    case "paused":
      return `queue "${reason.queue}" is paused; resume it to go on`;
    case "not-before":
      return `it is not to run before ${when(reason.at, nowMs)}`;
    case "limited":
      return `limit ${reason.key} until ${when(reason.until, nowMs)}${told(reason.reason)}`;
    case "snoozed": {
      const limit = reason.limit === null ? "" : `, under limit ${reason.limit}, which is no longer held`;
      return `its last attempt put it off until ${when(reason.at, nowMs)}${limit}${told(reason.reason)}`;
    }
    case "retrying":
      return `${counted(reason.attempts, "attempt")} failed${because(reason.error)}; the next is at ${when(reason.at, nowMs)}`;
    case "past-expiry":
      return `it expired at ${reason.at} while in line; the next sweep ends it`;
    case "behind":
      return sayBehind(reason);
    case "behind-key":
      return `${many(reason.ahead)} of its ordering key ${reason.ahead === 1 ? "comes" : "come"} first${turnOf(reason.job)}`;
    case "suspect":
      return `whoever held it last vanished (rescued ${counted(reason.rescues, "time")}); it waits to run alone`;
    case "no-worker":
      return sayNoWorker(reason);
    case "workers-busy":
      return `all slots of the ${counted(reason.able, "live worker")} that may take it are in use`;
    case "next":
      return `nothing stands before it: ${counted(reason.able, "live worker")} may claim it at any moment`;
  }
}

function sayNoWorker({ queue, name, priority, live }: Of<"no-worker">): string {
  const who = live === 0 ? "no worker is at work: none" : `none of ${counted(live, "live worker")}`;
  return `${who} takes jobs "${name}" of class ${priority} from queue "${queue}"`;
}

function sayBehind({ queue, priority, ahead, higher }: Of<"behind">): string {
  const parts = [
    ...(ahead > 0 ? [`${many(ahead)} of its class`] : []),
    ...(higher > 0 ? [`${many(higher)} of higher classes`] : []),
  ];
  return `behind ${parts.join(" and ")} in queue "${queue}" (it is of class ${priority})`;
}

function turnOf(job: JobId | null): string {
  return job === null ? "; a sweep lets the next one go" : `; it is the turn of job ${job}`;
}

function sayHeld(reason: Of<"running" | "lease-over" | "cancelling">, nowMs: number): string {
  switch (reason.code) {
    case "running": {
      const since = reason.since === null ? "" : ` since ${when(reason.since, nowMs)}`;
      return `held${since} by worker ${reason.worker} under a lease until ${when(reason.until, nowMs)}`;
    }
    case "lease-over":
      return `its lease ran out at ${when(reason.at, nowMs)}: worker ${reason.worker} vanished, and the next sweep takes the job back`;
    case "cancelling": {
      const by = reason.by === null ? "" : ` by ${reason.by}`;
      return `it was cancelled${by}${because(reason.reason)}; its handler has been told to stop`;
    }
  }
}

function sayChildren(reason: Of<"waits-for-children">): string {
  const { unfinished, completed, failed, children } = reason;
  const total = unfinished + completed + failed;
  const more = unfinished > children.length ? ", …" : "";
  const named = children.length === 0 ? "" : `: ${children.join(", ")}${more}`;
  return `it waits for ${unfinished} of ${counted(total, "child", "children")} (${failed} failed; ${sayCondition(reason.condition)})${named}`;
}

function sayCondition(condition: WaitCondition): string {
  switch (condition.kind) {
    case "wait-all":
      return "until all have ended";
    case "fail-fast":
      return "until all have completed, and none may fail";
    case "quorum":
      return `until ${condition.n} have completed`;
    case "tolerate":
      return `until all have ended, of which ${condition.percent} % may fail`;
    case "threshold":
      return condition.wakeAt === 0 ? "until all have ended" : `until ${condition.wakeAt} are left`;
  }
}

function sayEnd(reason: Of<"completed" | "dead" | "cancelled" | "expired">, nowMs: number): string {
  const at = when(reason.at, nowMs);
  switch (reason.code) {
    case "completed":
      return `it completed at ${at} after ${counted(reason.attempts, "attempt")}`;
    case "dead":
      return `it failed for good at ${at} after ${counted(reason.attempts, "attempt")}${because(reason.error)}`;
    case "cancelled":
      return `it ended at ${at}: ${reason.error ?? "cancelled"}`;
    case "expired":
      return `it expired at ${at}: it was still in line`;
  }
}

function because(error: string | null): string {
  return error === null ? "" : ` (${error})`;
}

function told(reason: string | null): string {
  return reason === null ? "" : `: ${reason.replaceAll(/\s*\n\s*/g, " ")}`;
}

/** A count of jobs that may have stopped. */
function many(count: number): string {
  return count >= MOST_COUNTED ? "1,000+ jobs" : counted(count, "job");
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function when(at: string, nowMs: number): string {
  const ms = Date.parse(at) - nowMs;
  return ms > 0 ? `${at} (in ${spanOf(ms)})` : `${at} (${spanOf(-ms)} ago)`;
}

/** The largest unit that leaves two or more; whole numbers, rounded down. */
function spanOf(ms: number): string {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const;
  for (const [unit, size] of units) if (ms >= 2 * size) return `${Math.floor(ms / size)} ${unit}`;
  return `${Math.floor(ms)} ms`;
}
