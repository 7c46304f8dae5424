/** The verbs of the spike over its scripts. */
import {
  type Accepted,
  checkJobs,
  checkWants,
  checkWrites,
  type HolderAnswer,
  type LeaseId,
  MillraceError,
  type Store,
  type WriteOptions,
} from "@millrace/core";
import { type ClaimReply, claimedJobs } from "./claimed-jobs.ts";
import { findJobs, listItems, readCounters } from "./listings.ts";
import { claimWords, flag, jobWords, listWords, one, settlementWords, writeWords } from "./script-words.ts";
import { type Place, Scripts } from "./scripts.ts";

/** What the spike has of a store; verbs added to the port do not touch it. */
export type SpikeStore = Pick<
  Store,
  | "capabilities"
  | "enqueue"
  | "claim"
  | "extend"
  | "save"
  | "settle"
  | "rescue"
  | "counters"
  | "find"
  | "items"
>;

/** A store in one namespace of a Redis. */
export function redisStore(place: Place): SpikeStore {
  const scripts = new Scripts(place);
  return {
    capabilities: { multiProcess: true } as Store["capabilities"], // what stores can later, the spike cannot
    enqueue: async (jobs, options = {}) => {
      refuseTransaction(options);
      checkJobs(jobs);
      const words = [flag(options.resend ?? false), ...listWords(jobs, jobWords)];
      const results = await scripts.run<Accepted["result"][]>("enqueue", words);
      return jobs.map(({ id }, index) => ({ id, result: results[index] ?? "exists" }));
    },
    claim: async (wants, options) => {
      checkWants(wants);
      return claimedJobs(await scripts.run<ClaimReply>("claim", claimWords(wants, options)), options.lease);
    },
    extend: async (leases, { worker, leaseMs }) => {
      const touches = listWords(leases, ({ lease, dropped }) => [lease, flag(dropped)]);
      return { lost: await scripts.run<LeaseId[]>("extend", [worker, leaseMs, ...touches]) };
    },
    save: async (writes, options = {}) => {
      refuseTransaction(options);
      checkWrites(writes);
      return scripts.run<HolderAnswer[]>("save", listWords(writes, writeWords));
    },
    settle: async (settlements, options = {}) => {
      refuseTransaction(options);
      checkWrites(settlements);
      return scripts.run<HolderAnswer[]>("settle", listWords(settlements, settlementWords));
    },
    rescue: async ({ limit }) => {
      const [ready, crashed, more] = await scripts.run<[number, number, number]>("rescue", one(limit));
      return { ready, crashed, more: more === 1 };
    },
    counters: (scopes) => readCounters(place, scopes),
    find: (filter, page) => findJobs({ place, scripts }, filter, page),
    items: (filter, page) => listItems(place, filter, page),
  };
}

function refuseTransaction(options: WriteOptions): void {
  if (options.transaction !== undefined) {
    throw new MillraceError("unsupported", "the Redis store has no transactions; leave `transaction` out");
  }
}
