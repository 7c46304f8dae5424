/** Builds what rules hand to a store; ids are made in order, so every run of the suite is the same. */
import type {
  ChildPolicy,
  ClaimedJob,
  HolderWrite,
  ItemOutcome,
  JobId,
  LeaseId,
  NewJob,
  NewRun,
  Outcome,
  RunId,
  Settlement,
  SnoozeNote,
  StepMark,
  StepRef,
  Token,
  WorkerId,
} from "@millrace/core";

/** The queue and handler name of jobs that say nothing else. */
export const QUEUE = "work";
export const NAME = "task";
/** How long leases last where a rule says nothing else. */
export const LEASE_MS = 10_000;
export const DAY_MS: number = 24 * 60 * 60 * 1000;
/** An hour. */
export const HOUR_MS = 3_600_000;

let made = 0;

/** The next id; later ones sort later. */
export function nextId<T extends JobId | RunId | LeaseId | WorkerId>(): T {
  made += 1;
  return `00000000-0000-7000-8000-${made.toString(16).padStart(12, "0")}` as T;
}

/** A plain job, but for what is given. */
export function newJob(given: Partial<NewJob> = {}): NewJob {
  return {
    id: nextId(),
    queue: QUEUE,
    name: NAME,
    tenant: "",
    priority: "default",
    delayMs: 0,
    maxRescues: 3,
    envelope: '0{"payload":null}',
    ...given,
  };
}

/** So many plain jobs, each with what is given. */
export function newJobs(count: number, given: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, () => newJob(given));
}

/** A run of instance `one` of definition `import`, but for what is given. */
export function newRun(given: Partial<NewRun> = {}): NewRun {
  return {
    id: nextId(),
    definition: "import",
    instance: "one",
    rerun: false,
    tenant: "",
    params: "{}",
    queue: QUEUE,
    priority: "default",
    ...given,
  };
}

/** A step of a run of its own. */
export function newStep(step = "load"): StepRef {
  return { run: nextId(), step };
}

/** What is said of a step that has begun once where it has begun. */
export function mark(
  { run, step }: StepRef,
  state: StepMark["state"] = "pending",
  given: Partial<StepMark> = {},
): StepMark {
  return { run, step, state, starts: state === "pending" ? 0 : 1, detail: "{}", ...given };
}

/** An item's outcome. */
export function item(
  key: string,
  state: ItemOutcome["state"] = "done",
  given: Partial<ItemOutcome> = {},
): ItemOutcome {
  return { key, state, ...given };
}

/** A token no store has drawn yet. */
export const FOREIGN_TOKEN: Token = "999999999999" as Token;

/** Outcomes. */
export const COMPLETED: Outcome = { kind: "completed" };

export function retry(delayMs: number): Outcome {
  return { kind: "retry", delayMs };
}

export function dead(fingerprint = "00000000deadbeef"): Outcome {
  return { kind: "dead", fingerprint };
}

export function snoozed(delayMs: number, note?: SnoozeNote): Outcome {
  return { kind: "snoozed", delayMs, note };
}

export function released(started: boolean): Outcome {
  return { kind: "released", started };
}

export function suspended(wakeAt = 0): Outcome {
  return { kind: "suspended", wakeAt };
}

type Held = Pick<ClaimedJob, "id" | "token">;

/** Waiting for children under a policy. */
export function under(policy: ChildPolicy): Outcome {
  return { kind: "suspended", wakeAt: 0, policy };
}

export const WAIT_ALL: ChildPolicy = { kind: "wait-all" };
export const FAIL_FAST: ChildPolicy = { kind: "fail-fast" };

export function quorum(n: number): ChildPolicy {
  return { kind: "quorum", n };
}

export function tolerate(percent: number): ChildPolicy {
  return { kind: "tolerate", percent };
}

/** A holder's write; number 1 where nothing else is given. */
export function writeOf(held: Held, given: Partial<HolderWrite> = {}): HolderWrite {
  return { id: held.id, token: held.token, write: 1, ...given };
}

/** A holder's last write; its number is past those rules use for saves. */
export function settlementOf(held: Held, outcome: Outcome, given: Partial<Settlement> = {}): Settlement {
  return { id: held.id, token: held.token, write: 1_000, outcome, record: '{"kind":"test"}', ...given };
}
