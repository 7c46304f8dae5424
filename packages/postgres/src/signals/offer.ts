/** Offers: one plain job is added and, in the same statement, claimed for an idle worker and sent along. */
import { type Accepted, type LeaseId, type NewJob, newId, type Offer, type Token } from "@millrace/core";
import { classCode } from "../codes.ts";
import type { Session } from "../session.ts";

/** What became of a job that was to be offered. */
export interface Offered {
  readonly accepted: Accepted;
  /** Whether it is on its way to a worker; else whoever is idle is still to be told. */
  readonly isOffered: boolean;
  /** Whether anybody was idle on its queue. */
  readonly isAnybodyIdle: boolean;
}

/** Most bytes of a message's job; a notification holds 8,000 with what goes around it. */
const MAX_BYTES = 7_000;

/** A job that may be offered. */
export interface Offerable {
  readonly job: NewJob;
  /** What the worker is to read. */
  readonly message: string;
}

/** What there is to offer of a call; `undefined` where it is not one job, or one with anything special, or too long to send. */
export function offerable(jobs: readonly NewJob[]): Offerable | undefined {
  const [job] = jobs;
  if (job === undefined || jobs.length > 1 || !isPlain(job)) return undefined;
  const { id, queue, name, tenant, priority, envelope } = job;
  const message = JSON.stringify({ id, queue, name, tenant, priority, envelope });
  return Buffer.byteLength(message) > MAX_BYTES ? undefined : { job, message };
}

/** Adds a job, and offers it where it can be. `undefined`, and nothing done, where its queue has a capacity. */
export async function offer(session: Session, { job, message }: Offerable): Promise<Offered | undefined> {
  const { id, queue, name, tenant, priority, maxRescues, envelope } = job;
  const [answer] = await session.run<{ capped: boolean; created: boolean; offered: boolean; idle: boolean }>(
    "signal/offer",
    [id, queue, name, tenant, classCode(priority), maxRescues, envelope, newId<LeaseId>(), message],
  );
  if (answer === undefined || answer.capped) return undefined;
  const accepted = { id, result: answer.created ? "created" : "exists" } as const;
  return { accepted, isOffered: answer.offered, isAnybodyIdle: answer.idle };
}

/** An offer as the worker's channel brings it: what `signal/offer` sent. */
export function readOffer(payload: string): Offer {
  // Only that statement sends to the channel, whose name is random.
  const { at, token, lease, job } = JSON.parse(payload) as OfferMessage;
  return { lease, atMs: at, job: { ...job, token, attempt: 1, generation: 1, waitedMs: 0 } };
}

interface OfferMessage {
  readonly at: number;
  readonly token: Token;
  readonly lease: LeaseId;
  readonly job: Pick<NewJob, "id" | "queue" | "name" | "tenant" | "priority" | "envelope">;
}

function isPlain(job: NewJob): boolean {
  const { delayMs, runAtMs, ttlMs, expiresAtMs, unique, orderingKey, run } = job;
  const special = [runAtMs, ttlMs, expiresAtMs, unique, orderingKey, run];
  return delayMs <= 0 && special.every((each) => each === undefined);
}
