// Owns BullMQ on PostgreSQL as the benchmark sees it: `createPostgresBackend` as docs.bullmq.io/guide/postgresql shows,
// one worker with its concurrency raised, as docs.bullmq.io/guide/workers/concurrency advises.
import { createPostgresBackend, Queue, Worker } from "bullmq";

const QUEUE = "bench";
/** Jobs of one addBulk call. */
const CALL = 1_000;

/** Opens a client on an empty database. */
export async function openSystem(url) {
  const connection = { connectionString: url, migrate: true };
  const queue = new Queue(QUEUE, { connection }, createPostgresBackend);
  await queue.waitUntilReady();
  return {
    enqueueMany: async (payloads) => {
      for (let start = 0; start < payloads.length; start += CALL) {
        await queue.addBulk(payloads.slice(start, start + CALL).map((data) => ({ name: "bench", data })));
      }
    },
    enqueue: (payload) => queue.add("bench", payload),
    work: async ({ concurrency, handle }) => {
      const worker = new Worker(
        QUEUE,
        async (job) => handle(job.data),
        { connection, concurrency },
        createPostgresBackend,
      );
      return { stop: () => worker.close() };
    },
    close: () => queue.close(),
  };
}

export const unfinished =
  "select exists (select 1 from bullmq.job where state in ('waiting', 'active')) as left";
export const history = "select count(*)::int as kept from bullmq.job where state = 'completed'";
