// Owns pg-boss as the benchmark sees it. Its worker page (docs/api/workers.md of timgit/pg-boss) fetches and completes
// as many jobs at once as `batchSize` says, runs `localConcurrency` such loops side by side, keeps fetching without a
// rest while batches come back full (`burstWhenBatchFull`), and is woken by NOTIFY on queues that ask for it.
import { PgBoss } from "pg-boss";

const QUEUE = "bench";
const BATCH = 1_000;
const LOOPS = 2;

/** Opens a client on an empty database. */
export async function openSystem(url) {
  const boss = new PgBoss({ connectionString: url, useListenNotify: true, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });
  return {
    enqueueMany: async (payloads) => {
      for (let start = 0; start < payloads.length; start += BATCH) {
        await boss.insert(
          QUEUE,
          payloads.slice(start, start + BATCH).map((data) => ({ data })),
        );
      }
    },
    enqueue: (payload) => boss.send(QUEUE, payload),
    work: async ({ handle }) => {
      const options = {
        batchSize: BATCH,
        localConcurrency: LOOPS,
        pollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
      };
      await boss.work(QUEUE, options, async (jobs) => {
        for (const job of jobs) await handle(job.data);
      });
      return { stop: () => boss.offWork(QUEUE) };
    },
    close: () => boss.stop({ graceful: false }),
  };
}

export const unfinished = "select exists (select 1 from pgboss.job where state < 'completed') as left";
export const history = "select count(*)::int as kept from pgboss.job where state = 'completed'";
