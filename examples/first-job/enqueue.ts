import { millrace } from "millrace";
import { wordCount } from "./jobs.ts";

export async function enqueue(urls: readonly string[], store = "file:./.millrace") {
  const mr = millrace({ store, jobs: [wordCount] });
  try {
    const jobs = await Promise.all(urls.map((url) => mr.enqueue(wordCount, { url })));
    return jobs.map(({ id }) => id);
  } finally {
    await mr.close();
  }
}

if (process.argv[1]?.endsWith("enqueue.ts")) console.log(await enqueue(process.argv.slice(2)));
