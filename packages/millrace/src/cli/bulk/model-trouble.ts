/** Tells the user what an endpoint's trouble is while its items are tried again, so that it does not look like hanging. */
import type { ItemEmbedder } from "@millrace/rag";
import type { Terminal } from "../terminal.ts";

/** What passes by itself, or where somebody mends it: chunks are tried again. */
const PASSING: ReadonlySet<string> = new Set(["connection", "timeout"]);

/** The same model; each kind of trouble is said once, until something was embedded again. */
export function toldTrouble(model: ItemEmbedder, terminal: Terminal): ItemEmbedder {
  const told = new Set<string>();
  return {
    model: model.model,
    dimensions: model.dimensions,
    collection: model.collection,
    inputsPerRequest: model.inputsPerRequest,
    concurrency: model.concurrency,
    embedEach: async (texts, options) => {
      const results = await model.embedEach(texts, options);
      for (const result of results) {
        if (result.kind === "vector") told.clear();
        if (result.kind !== "failed" || !PASSING.has(result.error.errorClass)) continue;
        const { message } = result.error;
        if (!told.has(message)) terminal.say("warn", `${message}: its items are tried again`);
        told.add(message);
      }
      return results;
    },
  };
}
