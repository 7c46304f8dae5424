import { defineJob } from "../client/define-job.ts";
import { testMillrace } from "./test-millrace.ts";

/** Enqueues itself again, so many times. */
export function chain(delay?: "1h") {
  const job = defineJob({
    name: "chain",
    run: async (input: { left: number }): Promise<void> => {
      if (input.left > 0)
        await t.enqueue(job, { left: input.left - 1 }, delay === undefined ? {} : { delay });
    },
  });
  const t = testMillrace({ jobs: [job], maxRounds: 20 });
  return { job, t };
}
