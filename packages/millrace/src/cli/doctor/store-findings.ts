/** What to say of a store: its clock, its hot table, and what nobody sees to. */
import type { StoreHealth, Unserved } from "@millrace/postgres";
import { count, counted, megabytes } from "../words.ts";
import { type Finding, howMany, longFor, note, ok, problem } from "./finding.ts";

/** How a store is looked at. */
export interface Look {
  /** How long something may last before it is worth a finding. */
  readonly patienceMs: number;
  /** Whether other processes may be at work on it now: an embedded store has nobody else. */
  readonly isShared: boolean;
}

/** Everything worth saying of a store whose schema is up to date. `where` names it. */
export function storeFindings(health: StoreHealth, where: string, look: Look): readonly Finding[] {
  return [
    clockFinding(health, where),
    ...tableFindings(health, where),
    journalFinding(health, where, look),
    deadFinding(health, where),
    ...workerFindings(health, where, look),
  ];
}

/** Leases do not depend on it, but what people read and `runAt` do. */
const MOST_SKEW_MS = 5_000;

function clockFinding({ clock }: StoreHealth, where: string): Finding {
  const what = "clock";
  const { storeMs, beforeMs, afterMs } = clock;
  const behindMs = Math.max(0, beforeMs - storeMs);
  const aheadMs = Math.max(0, storeMs - afterMs);
  const skewMs = Math.max(behindMs, aheadMs);
  if (skewMs < MOST_SKEW_MS) return ok({ what, where, says: "the store's and this process's agree" });
  const says = `the store's clock is ${longFor(skewMs)} ${aheadMs > 0 ? "ahead of" : "behind"} this process's`;
  const todo =
    "have both machines follow a time server: runAt and what people read depend on it, leases do not";
  return problem({ what, where, says, todo });
}

/** Dead rows that are no matter, however few jobs are live. */
const FEW_DEAD = 10_000;
/** Dead rows to a live one that no busy queue has for long. */
const MOST_DEAD_RATIO = 5;

function tableFindings({ hotTable }: StoreHealth, where: string): readonly Finding[] {
  if (hotTable === undefined) return [];
  const { liveRows, deadRows, bytes, vacuumedAtMs } = hotTable;
  const what = "table of jobs";
  const figures = `${count(liveRows)} live and ${count(deadRows)} dead rows, ${megabytes(bytes)}`;
  const isBloated = deadRows > FEW_DEAD && deadRows > MOST_DEAD_RATIO * liveRows;
  if (!isBloated) return [ok({ what, where, says: figures })];
  const last = vacuumedAtMs === undefined ? "never" : `last at ${new Date(vacuumedAtMs).toISOString()}`;
  return [
    problem({
      what,
      where,
      says: `${figures}, vacuumed ${last}: claims read dead rows`,
      todo: "see that autovacuum runs and that no old transaction holds the rows, then vacuum the table",
    }),
  ];
}

/** Unfolded rows that readers add up without anybody noticing. */
const FEW_UNFOLDED = 1_000;

function journalFinding({ unfolded }: StoreHealth, where: string, { patienceMs }: Look): Finding {
  const what = "journal";
  const { rows, ageMs = 0 } = unfolded;
  if (rows.count === 0) return ok({ what, where, says: "all folded" });
  const says = `${howMany(rows, "row")} not folded yet, the oldest ${longFor(ageMs)} old`;
  if (rows.count < FEW_UNFOLDED || ageMs < patienceMs) return ok({ what, where, says });
  const todo =
    "run a worker: each folds the journal; until then counts take longer to read, and events come late";
  return problem({ what, where, says, todo });
}

/** More than so many have been left to themselves. */
const MANY_DEAD_LETTERS = 1_000;

function deadFinding({ deadLetters }: StoreHealth, where: string): Finding {
  const what = "dead letters";
  const { jobs, ageMs = 0 } = deadLetters;
  if (jobs.count === 0) return ok({ what, where, says: "none" });
  const says = `${howMany(jobs, "job")} failed for good, the oldest ${longFor(ageMs)} ago`;
  const todo =
    "look at them (millrace jobs ls --state dead), mend what failed, then run them again or delete them";
  return jobs.count > MANY_DEAD_LETTERS
    ? problem({ what, where, says, todo })
    : note({ what, where, says, todo });
}

function workerFindings(health: StoreHealth, where: string, look: Look): readonly Finding[] {
  const { liveWorkers, unserved } = health;
  const left = unserved.filter(({ ageMs }) => ageMs >= look.patienceMs);
  if (left.length > 0) return left.map((each) => unservedFinding(each, liveWorkers, look));
  return [ok({ what: "workers", where, says: alive(liveWorkers) })];
}

function unservedFinding(unserved: Unserved, liveWorkers: number, { isShared }: Look): Finding {
  const { queue, name, priority, jobs, ageMs } = unserved;
  const due = `${howMany(jobs, "job")} due, the first for ${longFor(ageMs)}`;
  const found = {
    what: "workers",
    where: `queue "${queue}"`,
    says: `none of ${alive(liveWorkers)} takes "${name}" of class ${priority}: ${due}`,
    todo: "start a worker with a handler for this name that serves this queue and class",
  };
  return isShared ? problem(found) : note(found); // nobody else can be at work on an embedded store
}

function alive(workers: number): string {
  return counted(workers, "live worker");
}
