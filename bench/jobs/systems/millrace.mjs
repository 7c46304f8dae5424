// Owns millrace on PostgreSQL as the benchmark sees it: with everything on, as `createMillrace` makes it.
import { createMillrace, defineJob } from "../../../packages/core/dist/index.js";
import { createPgClient, sqlStore } from "../../../packages/postgres/dist/index.js";

/** Opens a client on an empty database. */
export async function openSystem(url) {
  return openOn(sqlStore(createPgClient({ url })));
}

/** A client of any store. */
export async function openOn(store) {
  let run = () => undefined;
  const job = defineJob({ name: "bench", run: (payload) => run(payload) });
  const client = createMillrace({ store, jobs: [job] });
  await client.open();
  return {
    enqueueMany: (payloads, { keyed = false } = {}) =>
      client.enqueueMany(job, payloads, keyed ? { key: ({ n }) => `bench-${n}` } : {}),
    enqueue: (payload) => client.enqueue(job, payload),
    work: async ({ concurrency, handle }) => {
      run = handle;
      const worker = client.worker({ concurrency });
      return { stop: () => worker.stop() };
    },
    close: () => client.close(),
  };
}

export const unfinished = "select exists (select 1 from millrace.job) as left";
/** Where jobs of the classes above only burden the store. */
export const unfinishedOfDefault = "select exists (select 1 from millrace.job where class = 2) as left";
export const history = "select count(*)::int as kept from millrace.finished";
