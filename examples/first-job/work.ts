import { type JobId, millrace } from "millrace";
import { wordCount } from "./jobs.ts";

export async function work(ids: readonly JobId[], store = "file:./.millrace") {
  const mr = millrace({ store, jobs: [wordCount] });
  try {
    mr.worker({ concurrency: 10 });
    const handles = ids.map((id) => mr.handle<{ words: number; attempt: number }>(id));
    return await Promise.allSettled(handles.map((handle) => handle.result({ timeout: "1m" })));
  } finally {
    await mr.close();
  }
}

if (process.argv[1]?.endsWith("work.ts")) console.log(await work(process.argv.slice(2) as JobId[]));
