/** Offers: one plain job is added and, in the same statement, claimed for an idle worker and sent along. */
import {
  type Accepted,
  type ClaimedJob,
  type JobId,
  type LeaseId,
  type NewJob,
  newId,
  type Offer,
  type Token,
} from "@millrace/core";
import { priorityOf } from "../codes.ts";
import { rowOf } from "../insert-jobs.ts";
import type { Session } from "../session.ts";

/** What became of a job that was to be offered. */
export interface Offered {
  readonly accepted: Accepted;
  /** Whether it is on its way to a worker; else whoever is idle is still to be told. */
  readonly isOffered: boolean;
  /** Whether anybody was idle on its queue. */
  readonly isAnybodyIdle: boolean;
}

/** Most bytes of a job's row; a notification holds 8,000 with what goes around it. */
const MAX_BYTES = 7_000;

/** The row of a job that may be offered; `undefined` where it has anything special, or is too long to send. */
export function offerable(jobs: readonly NewJob[]): string | undefined {
  const [job] = jobs;
  if (job === undefined || jobs.length > 1 || !isPlain(job)) return undefined;
  const row = JSON.stringify(rowOf(job, 0));
  return Buffer.byteLength(row) > MAX_BYTES ? undefined : row;
}

/** Adds a job by its row, and offers it where it can be. `undefined`, and nothing done, where its queue has a capacity. */
export async function offer(session: Session, id: JobId, row: string): Promise<Offered | undefined> {
  const [answer] = await session.run<{ capped: boolean; created: boolean; offered: boolean; idle: boolean }>(
    "signal/offer",
    [row, newId<LeaseId>()],
  );
  if (answer === undefined || answer.capped) return undefined;
  const accepted = { id, result: answer.created ? "created" : "exists" } as const;
  return { accepted, isOffered: answer.offered, isAnybodyIdle: answer.idle };
}

/** An offer as the worker's channel brings it: what `signal/offer` sent. */
export function readOffer(payload: string): Offer {
  // Only that statement sends to the channel, whose name is random.
  const { at, token, lease, job } = JSON.parse(payload) as OfferMessage;
  return { lease, atMs: at, job: claimed(job, token) };
}

interface OfferMessage {
  readonly at: number;
  readonly token: Token;
  readonly lease: LeaseId;
  readonly job: Pick<NewJob, "id" | "queue" | "name" | "tenant"> & {
    readonly class: number;
    readonly env: string;
  };
}

function claimed(
  { id, queue, name, tenant, class: code, env }: OfferMessage["job"],
  token: Token,
): ClaimedJob {
  const fresh = { attempt: 1, generation: 1, waitedMs: 0 };
  return { id, token, queue, name, tenant, priority: priorityOf(code), ...fresh, envelope: env };
}

function isPlain(job: NewJob): boolean {
  const { delayMs, runAtMs, ttlMs, expiresAtMs, unique, orderingKey, run } = job;
  const special = [runAtMs, ttlMs, expiresAtMs, unique, orderingKey, run];
  return delayMs <= 0 && special.every((each) => each === undefined);
}
