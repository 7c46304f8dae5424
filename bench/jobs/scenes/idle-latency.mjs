// Owns the latency of an idle worker: one job at a time, enqueued by this process, handled in another; from just before
// the enqueue to the handler's first line.
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { heard } from "./heard.mjs";

const WORKER = fileURLToPath(new URL("../latency-worker.mjs", import.meta.url));
/** Between two jobs, so that the worker has gone idle again; not a multiple of any poll. */
const PAUSE_MS = 37;
const WARM_UP = 10;

/** Gives `{jobs, latenciesMs}`. */
export async function idleLatency(system, { url, jobs, system: name }) {
  const opened = await system.openSystem(url);
  const worker = fork(WORKER, [name, url]);
  await heard(worker);
  await sleep(1_500);
  const latenciesMs = [];
  for (let n = 0; n < jobs + WARM_UP; n++) {
    await sleep(PAUSE_MS);
    const answered = heard(worker);
    const sentAt = process.hrtime.bigint(); // the same clock in every process of a machine
    await opened.enqueue({ n });
    const { startedAt } = await answered;
    if (n >= WARM_UP) latenciesMs.push(Number(BigInt(startedAt) - sentAt) / 1e6);
  }
  worker.kill();
  return { jobs, latenciesMs };
}
