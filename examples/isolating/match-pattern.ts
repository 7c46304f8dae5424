import { defineJob } from "millrace";

/** A pattern that somebody sent, tried on a text: a bad one would keep a thread busy for years. */
export const matchPattern = defineJob({
  name: "pattern.match",
  queue: "patterns",
  retry: "none",
  timeout: "30s",
  isolate: {
    module: import.meta.url, // the process imports this file, and runs what it exports as pattern.match
    memoryMb: 256,
    cpuSeconds: 1,
  },
  run: ({ pattern, text }: { pattern: string; text: string }, ctx) => {
    const found = text.match(new RegExp(pattern, "g")) ?? [];
    ctx.log(`${found.length} matches`);
    return { matches: found.length };
  },
});
