import { defineJob, UnrecoverableError } from "millrace";

export const wordCount = defineJob({
  name: "text.count",
  retry: { maxAttempts: 5, initial: "200ms" },
  timeout: "30s",
  run: async (input: { url: string }, ctx) => {
    const response = await fetch(input.url, { signal: ctx.signal });
    if (response.status === 404) throw new UnrecoverableError(`there is nothing at ${input.url}`);
    if (!response.ok) throw new Error(`${input.url} answered ${response.status}`);
    const text = await response.text();
    return { words: text.split(/\s+/).filter((word) => word !== "").length, attempt: ctx.attempt };
  },
});
