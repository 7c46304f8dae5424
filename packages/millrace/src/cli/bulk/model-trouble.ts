/** Tells the user what an endpoint's trouble is while its items are tried again, so that it does not look like hanging. */
import { BULK_ATTEMPTS, type EmbedResult, type ItemEmbedder } from "@millrace/rag";
import type { Terminal } from "../terminal.ts";
import { FIRST_ANSWER_MS, FirstAnswer, type FirstAnswerParts } from "./first-answer.ts";

/** What passes by itself, or where somebody mends it: chunks are tried again. */
const PASSING: ReadonlySet<string> = new Set(["connection", "timeout"]);
/** What is held back for these reasons was not asked. */
const UNASKED: ReadonlySet<string> = new Set(["circuit-open", "being-tried", "rate"]);

/** Whom to tell. */
export interface ModelTroubleParts extends FirstAnswerParts {
  readonly terminal: Pick<Terminal, "say">;
}

/** The same model; each kind of trouble is said once, until something was embedded again. */
export function toldTrouble(model: ItemEmbedder, parts: ModelTroubleParts): ItemEmbedder {
  const told = new Set<string>();
  const first = new FirstAnswer(parts);
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
        note(result, first);
        const line = troubleIn(result, first);
        if (line === undefined || told.has(line)) continue;
        told.add(line);
        parts.terminal.say("warn", line);
      }
      return results;
    },
  };
}

function note(result: EmbedResult, first: FirstAnswer): void {
  if (result.kind === "failed" && result.error.reason === "no-endpoint") first.failed(result.error.message);
  else if (isAnswer(result)) first.came();
}

/** A connection that broke or a time-out is none; whatever refuses or limits has answered. */
function isAnswer(result: EmbedResult): boolean {
  if (result.kind === "held") return !UNASKED.has(result.reason);
  if (result.kind === "vector") return true;
  return !["model-connection", "model-timeout", "too-large"].includes(result.error.reason);
}

/** What to say of it, and how long it will go on. */
function troubleIn(result: EmbedResult, first: FirstAnswer): string | undefined {
  if (result.kind !== "failed" || !PASSING.has(result.error.errorClass)) return undefined;
  const { message, reason } = result.error;
  if (reason !== "no-endpoint" || first.hasCome) {
    return `${message}: its items are tried again, ${BULK_ATTEMPTS} times in all`;
  }
  const seconds = FIRST_ANSWER_MS / 1_000;
  return `${message}: its items are tried again; this command ends after ${seconds} s without an answer`;
}
