/** Branded identifiers and how they are made. */
import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

declare const brand: unique symbol;

/** A job's id: UUIDv7, made by the client, so a re-sent enqueue is idempotent. */
export type JobId = string & { readonly [brand]: "job" };
/** A run's id: UUIDv7. */
export type RunId = string & { readonly [brand]: "run" };
/** One claim batch's id: UUIDv7, minted by the worker before it claims. */
export type LeaseId = string & { readonly [brand]: "lease" };
/** A stored operation's id: UUIDv7, made by the client, so that a re-sent start is idempotent. */
export type OperationId = string & { readonly [brand]: "operation" };
/** One worker's id: UUIDv7, made when it is. */
export type WorkerId = string & { readonly [brand]: "worker" };
/**
 * The fencing token of one claimed job: a decimal number from a store-wide sequence, strictly larger than any the job
 * had before. A write that carries any other token changes nothing.
 */
export type Token = string & { readonly [brand]: "token" };

/** A new id of the wanted brand; ids made later in one process sort later. */
export function newId<T extends JobId | RunId | LeaseId | OperationId | WorkerId>(): T {
  const msecs = Date.now();
  sequence = msecs > lastMs ? freshSequence() : sequence + 1;
  lastMs = Math.max(msecs, lastMs);
  return v7({ msecs: lastMs, seq: sequence, random: takeRandom() }) as T;
}

/** Asking the system for 16 bytes at a time costs more than all else about an id. */
const POOL = new Uint8Array(16 * 256);
let poolAt = POOL.length;
let lastMs = 0;
let sequence = 0;

function takeRandom(): Uint8Array {
  if (poolAt === POOL.length) {
    randomFillSync(POOL);
    poolAt = 0;
  }
  poolAt += 16;
  return POOL.subarray(poolAt - 16, poolAt);
}

/** Random, with room above for as many ids as a millisecond can bring (RFC 9562, 6.2, method 1). */
function freshSequence(): number {
  const [a = 0, b = 0, c = 0, d = 0] = takeRandom();
  return ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is an id as millrace writes them (lower-case UUID). */
export function isId(text: string): boolean {
  return UUID.test(text);
}
