// Owns graphile-worker as the benchmark sees it. Local queue of 500 and completions in batches without delay are the
// settings under which its own performance page (worker.graphile.org/docs/performance) gives its best figures; the
// pool is one larger than the concurrency there.
import { Logger, makeWorkerUtils, run, WorkerPreset } from "graphile-worker";

/** Jobs of one add_jobs call; larger calls were not faster here. */
const CALL = 5_000;
/** Without a line for every job. */
const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

/** Opens a client on an empty database. */
export async function openSystem(url) {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  return {
    enqueueMany: async (payloads, { keyed = false } = {}) => {
      for (let start = 0; start < payloads.length; start += CALL) {
        await utils.addJobs(
          payloads.slice(start, start + CALL).map((payload) => ({
            identifier: "bench",
            payload,
            ...(keyed ? { jobKey: `bench-${payload.n}` } : {}),
          })),
        );
      }
    },
    enqueue: (payload) => utils.addJob("bench", payload),
    work: async ({ concurrency, handle }) => {
      const preset = {
        extends: [WorkerPreset],
        worker: {
          connectionString: url,
          concurrentJobs: concurrency,
          maxPoolSize: concurrency + 1,
          localQueue: { size: 500 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          logger,
        },
      };
      const runner = await run({ preset, taskList: { bench: (payload) => handle(payload) } });
      return { stop: () => runner.stop() };
    },
    close: () => utils.release(),
  };
}

export const unfinished = "select exists (select 1 from graphile_worker._private_jobs) as left";
/** It keeps none: finished jobs are deleted. */
export const history = undefined;
