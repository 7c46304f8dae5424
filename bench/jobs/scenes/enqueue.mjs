// Owns the ways in: many jobs in one go, and single ones, so many at a time.
import { makePayloads } from "../payload.mjs";
import { timed } from "./stopwatch.mjs";

/** One bulk call. Gives `{jobs, seconds, nodeCpu, serverCpu}`. */
export async function enqueueBulk(system, { url, postmaster, jobs, bytes = 0, keyed = false }) {
  const opened = await system.openSystem(url);
  const payloads = makePayloads(jobs, bytes);
  return { jobs, ...(await timed(postmaster, () => opened.enqueueMany(payloads, { keyed }))) };
}

/** Awaited single calls from `callers` at once. Gives the same. */
export async function enqueueSingles(system, { url, postmaster, jobs, callers }) {
  const opened = await system.openSystem(url);
  const payloads = makePayloads(jobs, 0);
  await opened.enqueue(payloads[0]); // connections, prepared statements
  let next = 0;
  const caller = async () => {
    while (next < jobs) {
      const payload = payloads[next];
      next += 1;
      await opened.enqueue(payload);
    }
  };
  const cost = await timed(postmaster, () => Promise.all(Array.from({ length: callers }, caller)));
  return { jobs, ...cost };
}
