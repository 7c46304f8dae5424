/** A thread that ends an extraction child even while its main thread is stuck in a parser. */
import { Worker } from "node:worker_threads";
import { MEMORY_LIMIT_NOTE } from "./protocol.ts";

const EVERY_MS = 200;

/** Source, not a file: it must start in a child that has nothing but its entry. */
const SOURCE = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
setInterval(() => {
  const overLimit = process.memoryUsage.rss() > workerData.maxRssBytes;
  if (overLimit) writeSync(2, workerData.note);
  if (overLimit || process.ppid !== workerData.parent) process.kill(process.pid, "SIGKILL");
}, workerData.everyMs);
`;

/** Ends this process when its parent has died or when it holds more than `maxRssBytes`. */
export function startWatchdog(maxRssBytes: number): void {
  const workerData = { maxRssBytes, everyMs: EVERY_MS, parent: process.ppid, note: MEMORY_LIMIT_NOTE };
  const worker = new Worker(SOURCE, {
    eval: true,
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 },
  });
  worker.unref();
}
