import { expect, test } from "vitest";
import { defineJob } from "../client/define-job.ts";
import { memoryStore } from "../memory/memory-store.ts";
import { createMillrace } from "../millrace.ts";
import { Worker } from "../worker/worker.ts";

test("a worker made without a client goes by the machine's time, and warns as Node does", async () => {
  const warnings: string[] = [];
  const hear = ({ message }: Error) => void warnings.push(message);
  process.on("warning", hear);
  const job = defineJob({ name: "j", run: () => 1 });
  const store = memoryStore();
  const mr = createMillrace({ store, jobs: [job] });
  const { registry, open, onError } = mr;
  const worker = new Worker({ store, registry, open, onError, tenants: { known: () => false } });
  worker.start();
  const { id } = await mr.enqueue(job, undefined, { tenant: "stranger" });
  await expect.poll(async () => (await mr.jobs.get(id))?.state).toBe("completed");
  await expect.poll(() => warnings).toEqual([expect.stringMatching(/"stranger" is not known/)]); // told on the next tick
  process.off("warning", hear);
  await worker.stop();
  await mr.close();
});
