/** claim on SQL. */
import type { ClaimedJob, ClaimOptions, ClaimWant, JobId, RunId, Token } from "@millrace/core";
import { PRIORITIES, TARGET_WAITS_MS } from "@millrace/core";
import { type ForkColumns, tallyOf } from "./children.ts";
import type { ClaimFloors, Look } from "./claim-floors.ts";
import { classCode, priorityOf } from "./codes.ts";
import { splitTexts } from "./joined-texts.ts";
import type { Session } from "./session.ts";

/** Jobs alike in all that stands here by itself; the lists have one element a job. */
interface ClaimRow {
  readonly queue: string;
  readonly name: string;
  readonly tenant: string;
  readonly class: number;
  readonly count: number;
  readonly ids: string;
  readonly tokens: string;
  /** In µs since the job was due. */
  readonly waits: string;
  /** As `joinTexts` joins them. */
  readonly envs: string;
  /** The latest due time of them, in ms on the store's clock. */
  readonly last_due: string;
  readonly rare: string | null;
}

/** Of a job that has any of it. */
interface Rare extends ForkColumns {
  readonly id: JobId;
  readonly attempts: number;
  readonly generation: number;
  readonly parent: JobId | null;
  readonly run: RunId | null;
  readonly orderingKey: string | null;
  readonly checkpoint: string | null;
}

/** The port's claim. */
export async function claim(
  session: Session,
  wants: readonly ClaimWant[],
  options: ClaimOptions & { readonly floors: ClaimFloors },
): Promise<readonly ClaimedJob[]> {
  if (wants.length === 0) return [];
  const { overdue = 0, solo = false, lease, worker, leaseMs, floors } = options;
  const terms = [lease, worker, leaseMs];
  if (solo) return inClaimOrder(await session.run<ClaimRow>("job/claim-solo", [wanted(wants), ...terms]));
  if (overdue > 0) {
    const values = [wanted(wants), ...terms, overdue, targetsOf(options)];
    return inClaimOrder(await session.run<ClaimRow>("job/claim-overdue", values));
  }
  const looks = wants.map((want) => floors.look(want));
  const rows = await session.run<ClaimRow>("job/claim", [wanted(wants, floors), ...terms]);
  for (const look of looks) noteFound(floors, look, rows);
  return inClaimOrder(rows);
}

/** As statements read it. */
function wanted(wants: readonly ClaimWant[], floors?: ClaimFloors): string {
  const rows = wants.map((want) => {
    const classes = [...(want.priorities ?? PRIORITIES)].map(classCode).sort();
    const known = floors?.of(want);
    return {
      queue: want.queue,
      max: want.max,
      names: want.names,
      classes,
      floors: classes.map((code) => known?.get(code) ?? null),
      one: 1,
    };
  });
  return JSON.stringify(rows);
}

function noteFound(floors: ClaimFloors, look: Look, rows: readonly ClaimRow[]): void {
  const found = rows.filter(({ queue }) => queue === look.want.queue);
  const classes = new Map<number, number>();
  let count = 0;
  for (const row of found) {
    count += row.count;
    classes.set(row.class, Math.max(Number(row.last_due), classes.get(row.class) ?? 0));
  }
  floors.note(look, count, classes);
}

/** By class code. */
function targetsOf({ targetsMs = TARGET_WAITS_MS }: ClaimOptions): readonly number[] {
  return PRIORITIES.map((priority) => targetsMs[priority]);
}

/** A job, and what its place in a claim depends on. */
interface Placed {
  readonly job: ClaimedJob;
  readonly class: number;
  readonly waitedUs: number;
}

function inClaimOrder(rows: readonly ClaimRow[]): readonly ClaimedJob[] {
  return rows
    .flatMap(jobsOf)
    .sort(byPlace)
    .map(({ job }) => job);
}

/** By class, then due time, then id. */
function byPlace(left: Placed, right: Placed): number {
  return left.class - right.class || right.waitedUs - left.waitedUs || (left.job.id < right.job.id ? -1 : 1);
}

function jobsOf(row: ClaimRow): readonly Placed[] {
  const plain = plainJobs(row);
  if (row.rare === null) return plain;
  const rare = new Map((JSON.parse(row.rare) as readonly Rare[]).map((each) => [each.id, each])); // by claimed.sql
  return plain.map((placed) => {
    const own = rare.get(placed.job.id);
    return own === undefined ? placed : { ...placed, job: { ...placed.job, ...ownOf(own) } };
  });
}

function plainJobs({ queue, name, tenant, class: code, ...lists }: ClaimRow): readonly Placed[] {
  const ids = elementsOf(lists.ids);
  const tokens = elementsOf(lists.tokens);
  const waits = elementsOf(lists.waits);
  const envelopes = splitTexts(lists.envs);
  const priority = priorityOf(code);
  return envelopes.map((envelope, index) => {
    const waitedUs = Number(waits[index]);
    const job: ClaimedJob = {
      id: ids[index] as JobId, // of our own table, as the token is of our own sequence
      token: tokens[index] as Token,
      queue,
      name,
      tenant,
      priority,
      attempt: 1,
      generation: 1,
      waitedMs: Math.floor(waitedUs / 1_000),
      envelope,
      parent: undefined,
      run: undefined,
      orderingKey: undefined,
      checkpoint: undefined,
      children: undefined,
    };
    return { job, class: code, waitedUs };
  });
}

function ownOf(rare: Rare): Partial<ClaimedJob> {
  return {
    attempt: rare.attempts + 1,
    generation: rare.generation,
    parent: rare.parent ?? undefined,
    run: rare.run ?? undefined,
    orderingKey: rare.orderingKey ?? undefined,
    checkpoint: rare.checkpoint ?? undefined,
    ...tallyOf(rare),
  };
}

/** Of PostgreSQL's text for an array of ids or numbers. */
function elementsOf(array: string): readonly string[] {
  return array.slice(1, -1).split(",");
}
