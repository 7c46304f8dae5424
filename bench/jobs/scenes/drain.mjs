// Owns the drain: a backlog of no-op jobs, enqueued beforehand, from the worker's start until nothing is left.
import { makePayloads } from "../payload.mjs";
import { connect, untilNothingIsLeft } from "./database.mjs";
import { growths } from "./growths.mjs";
import { timed } from "./stopwatch.mjs";

/** Jobs between two readings of the clock. */
const SLICE = 50_000;

/** Gives `{jobs, seconds, nodeCpu, serverCpu, kept, slices}`. */
export async function drain(system, { url, postmaster, jobs, bytes = 0, concurrency = 50, growth }) {
  const opened = await system.openSystem(url);
  const database = url === undefined ? undefined : await connect(url);
  await opened.enqueueMany(makePayloads(jobs, bytes));
  const release = await growths[growth]?.(database);
  if (database !== undefined) await database.query("analyze");
  const slices = [];
  const cost = await timed(postmaster, async () => {
    const worker = await runAll(opened, { jobs, concurrency, slices });
    if (database !== undefined) await untilNothingIsLeft(database, unfinishedOf(system, growth));
    worker.stop().catch(() => undefined); // its own way of ending is not measured
  });
  await release?.();
  const kept = await countKept(database, system);
  return { jobs, ...cost, kept, slices };
}

/** Resolves with the worker when every job has been handled. */
function runAll(opened, { jobs, concurrency, slices }) {
  return new Promise((resolve, reject) => {
    let handled = 0;
    let worker;
    let sliceStart = performance.now();
    const handle = async () => {
      handled += 1;
      if (handled % SLICE === 0) {
        slices.push(SLICE / ((performance.now() - sliceStart) / 1_000));
        sliceStart = performance.now();
      }
      if (handled === jobs) setImmediate(() => resolve(worker));
    };
    opened.work({ concurrency, handle }).then((started) => {
      worker = started;
    }, reject);
  });
}

function unfinishedOf(system, growth) {
  return growth === "delayed" ? system.unfinishedOfDefault : system.unfinished;
}

async function countKept(database, system) {
  if (database === undefined || system.history === undefined) return 0;
  return (await database.query(system.history)).rows[0].kept;
}
