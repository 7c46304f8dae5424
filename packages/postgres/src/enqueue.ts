/** enqueue on SQL: one statement where nothing special was asked for, else steps within a transaction. */
import type { Accepted, JobId, NewJob } from "@millrace/core";
import { takeRoom } from "./capacity.ts";
import { type InsertTerms, insertJobs, insertUnlessCapped } from "./insert-jobs.ts";
import { type InsertAgain, keepKeys, meetHolders } from "./keys.ts";
import { letGo, lockLines } from "./ordering.ts";
import type { Session } from "./session.ts";

/** One call of enqueue. */
export interface Sending {
  readonly jobs: readonly NewJob[];
  readonly resend: boolean;
}

/** Whether one statement outside a transaction will not do. */
export function needsTransaction({ jobs, resend }: Sending): boolean {
  return resend || jobs.some(isInvolved);
}

function isInvolved({ unique, orderingKey }: NewJob): boolean {
  return orderingKey !== undefined || unique?.onConflict === "replace" || unique?.keepForMs !== undefined;
}

/** Enqueues what needs no transaction; `undefined`, and nothing done, where a queue has a capacity. */
export async function enqueueAtOnce(
  session: Session,
  sending: Sending,
): Promise<readonly Accepted[] | undefined> {
  const inserted = await insertUnlessCapped(session, toInsert(sending.jobs));
  if (inserted === "capped") return undefined;
  const again = (jobs: readonly NewJob[]) => insertJobs(session, toInsert(jobs));
  return answer(session, sending, { created: new Set(inserted), again });
}

/**
 * The port's enqueue within a transaction. Of a call sent again, jobs that have ended are left out first: one that is
 * added and taken back would keep its key from a later job of the call until those behind that one stand in line.
 */
export async function enqueue(session: Session, sending: Sending): Promise<readonly Accepted[]> {
  const ended = await endedOf(session, sending);
  if (ended.size === 0) return enqueueLive(session, sending);
  const jobs = sending.jobs.filter((_, index) => !ended.has(index));
  const answers = jobs.length === 0 ? [] : await enqueueLive(session, { ...sending, jobs });
  return inPlace(answers, { jobs: sending.jobs, left: ended, as: "exists" });
}

/** The places of jobs in history, where a call may have been answered before. */
async function endedOf(session: Session, { jobs, resend }: Sending): Promise<ReadonlySet<number>> {
  if (!resend) return new Set();
  const rows = await session.run<{ id: string; live: boolean }>("job/standing", [jobs.map(({ id }) => id)]);
  const ended = new Set(rows.flatMap(({ id, live }) => (live ? [] : id)));
  return new Set(jobs.flatMap(({ id }, index) => (ended.has(id) ? index : [])));
}

async function enqueueLive(session: Session, sending: Sending): Promise<readonly Accepted[]> {
  const inserted = await insertUnlessCapped(session, toInsert(sending.jobs), termsOf(sending));
  if (inserted !== "capped") return finish(session, sending, await takeBack(session, sending, inserted));
  const full = await takeRoom(session, sending);
  const taken = { ...sending, jobs: sending.jobs.filter((_, index) => !full.has(index)) };
  const answers = await finish(session, taken, await insertTogether(session, taken));
  return inPlace(answers, { jobs: sending.jobs, left: full, as: "queue-full" });
}

/**
 * Answers, and lets jobs of ordering keys go. Their locks are taken after what inserting waits for and before jobs in
 * line are replaced, as everybody does: whoever holds one waits for no one who wants it.
 */
async function finish(
  session: Session,
  sending: Sending,
  inserted: ReadonlySet<string>,
): Promise<readonly Accepted[]> {
  const created = new Set(inserted);
  await lockLines(session, keysOf(sending.jobs, created));
  const again = (jobs: readonly NewJob[]) => insertTogether(session, { ...sending, jobs });
  const answers = await answer(session, sending, { created, again });
  await letGo(session, keysOf(sending.jobs, created));
  return answers;
}

function keysOf(jobs: readonly NewJob[], created: ReadonlySet<string>): readonly string[] {
  return jobs.flatMap(({ id, orderingKey }) => (created.has(id) ? (orderingKey ?? []) : []));
}

/** Answers among those of jobs that were left out. */
function inPlace(
  answers: readonly Accepted[],
  {
    jobs,
    left,
    as: result,
  }: {
    readonly jobs: readonly NewJob[];
    readonly left: ReadonlySet<number>;
    readonly as: "exists" | "queue-full";
  },
): readonly Accepted[] {
  const rest = answers.values();
  return jobs.map(({ id }, index) => (left.has(index) ? undefined : rest.next().value) ?? { id, result });
}

/** Inserts what there is room for, and takes back what must not stay. */
async function insertTogether(session: Session, sending: Sending): Promise<ReadonlySet<string>> {
  if (sending.jobs.length === 0) return new Set();
  const inserted = await insertJobs(session, toInsert(sending.jobs), termsOf(sending));
  return takeBack(session, sending, inserted);
}

function termsOf({ jobs, resend }: Sending): InsertTerms {
  return { unsendFollows: resend || jobs.some(keepsKey) };
}

function keepsKey({ unique }: NewJob): boolean {
  return unique?.keepForMs !== undefined;
}

/** Takes back what was in history already, and whose key another one has kept; gives the ids that stay. */
async function takeBack(
  session: Session,
  { jobs, resend }: Sending,
  inserted: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const keeps = jobs.filter(keepsKey);
  const created = new Set(inserted);
  if ((resend || keeps.length > 0) && created.size > 0) {
    const late = await keepKeys(session, uniqueById(keeps, created), resend);
    const back = await session.run<{ id: string }>("job/unsend", [[...created], late]);
    for (const { id } of back) created.delete(id);
  }
  await letGo(
    session,
    uniqueById(jobs, created).flatMap(({ orderingKey }) => orderingKey ?? []),
  );
  return created;
}

/** The jobs that were created, each once: as it was given first. */
function uniqueById(jobs: readonly NewJob[], created: ReadonlySet<string>): readonly NewJob[] {
  const seen = new Set<JobId>();
  return jobs.filter(({ id }) => {
    if (seen.has(id) || !created.has(id)) return false;
    seen.add(id);
    return true;
  });
}

async function answer(
  session: Session,
  sending: Sending,
  by: { readonly created: Set<string>; readonly again: InsertAgain },
): Promise<readonly Accepted[]> {
  const met = await meetHolders(session, sending, by);
  const created = new Set(by.created);
  return sending.jobs.map(
    ({ id }, index) => met.get(index) ?? { id, result: created.delete(id) ? "created" : "exists" },
  );
}

function toInsert(jobs: readonly NewJob[]): readonly { readonly job: NewJob }[] {
  return jobs.map((job) => ({ job }));
}
