import { defineJob, millrace } from "millrace";

const welcome = defineJob({
  name: "mail.welcome",
  retry: { maxAttempts: 5, initial: "100ms" },
  run: async (input: { to: string }, ctx) => {
    if (ctx.attempt === 1) throw new Error("the mail server is away");
    return { sentTo: input.to, attempt: ctx.attempt };
  },
});

export async function firstJob(store = "file:./.millrace") {
  const mr = millrace({ store, jobs: [welcome] });
  try {
    const job = await mr.enqueue(welcome, { to: "ada@example.com" });
    mr.worker();
    return await job.result({ timeout: "30s" });
  } finally {
    await mr.close();
  }
}

if (process.argv[1]?.endsWith("first-job.ts")) console.log(await firstJob());
