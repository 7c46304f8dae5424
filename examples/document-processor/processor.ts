import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineJob, loadSettings, millrace } from "millrace";

/** What the program does to one document: fetch it, and make pages of it. */
export interface Documents {
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array>;
  split(path: string, signal: AbortSignal): Promise<number>;
}

/** Nothing here says how often, how long or how many at once: that is the configuration's. */
export function documentJob(documents: Documents) {
  return defineJob({
    name: "document.process",
    queue: "documents",
    run: async (input: { url: string }, ctx) => {
      const folder = await ctx.tempFolder(); // gone with all it holds when this attempt ends
      const path = join(folder, "document.pdf");
      await writeFile(path, await documents.fetch(input.url, ctx.signal));
      return { pages: await documents.split(path, ctx.signal) };
    },
  });
}

/** A client as the files and variables of its place say: `MILLRACE_PROFILE=development` for a laptop. */
export async function openClient(documents: Documents) {
  return millrace({ settings: await loadSettings(), jobs: [documentJob(documents)] });
}
