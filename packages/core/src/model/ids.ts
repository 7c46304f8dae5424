/** Branded identifiers and how they are made. */
import { v7 } from "uuid";

declare const brand: unique symbol;

/** A job's id: UUIDv7, made by the client, so a re-sent enqueue is idempotent. */
export type JobId = string & { readonly [brand]: "job" };
/** A run's id: UUIDv7. */
export type RunId = string & { readonly [brand]: "run" };
/** One claim batch's id: UUIDv7, minted by the worker before it claims. */
export type LeaseId = string & { readonly [brand]: "lease" };
/**
 * The fencing token of one claimed job: a decimal number from a store-wide sequence, strictly larger than any the job
 * had before. A write that carries any other token changes nothing.
 */
export type Token = string & { readonly [brand]: "token" };

/** A new id of the wanted brand; ids made later in one process sort later. */
export function newId<T extends JobId | RunId | LeaseId>(): T {
  return v7() as T;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is an id as millrace writes them (lower-case UUID). */
export function isId(text: string): boolean {
  return UUID.test(text);
}
