/** Embedding for bulk work: one result a text, so that a bad text, or a limit, costs nothing but itself. */
import { ClassedError, classOf, PutOffError } from "@millrace/core";
import type { Embedder, EmbedOptions } from "../ports/embedder.ts";
import { checkedEmbedder } from "../stages/embed/checked-embedder.ts";
import type { EmbedResult } from "./embed-result.ts";

/** A model as bulk work uses it. */
export interface ItemEmbedder {
  readonly model: string;
  readonly dimensions: number;
  /** Collection for its vectors where one is asked for without a name. */
  readonly collection: string;
  /** What one request takes: a good size of chunks. */
  readonly inputsPerRequest: number;
  /** Requests of one process at once. */
  readonly concurrency: number;
  /** One result per text, in the order of `texts`. Rejects with the signal's reason when aborted. */
  embedEach(texts: readonly string[], options: EmbedOptions): Promise<readonly EmbedResult[]>;
}

const INPUTS_PER_REQUEST = 128;
const CONCURRENCY = 4;

/**
 * Any embedder as one of items. It knows only whole calls, so a call that fails is made again for each text alone, unless
 * the failure is of a kind that passes.
 */
export function itemEmbedder(embedder: Embedder): ItemEmbedder {
  const checked = checkedEmbedder(embedder);
  const one = async (texts: readonly string[], options: EmbedOptions): Promise<readonly EmbedResult[]> => {
    try {
      const vectors = await checked.embed(texts, options);
      return vectors.map((vector) => ({ kind: "vector", vector }));
    } catch (error) {
      options.signal.throwIfAborted();
      const result = resultOf(error);
      if (texts.length === 1 || isPassing(error)) return texts.map(() => result);
      const each: EmbedResult[] = [];
      for (const text of texts) each.push(...(await one([text], options)));
      return each;
    }
  };
  return {
    model: embedder.model,
    dimensions: embedder.dimensions,
    collection: `${embedder.model}_embeddings`,
    inputsPerRequest: Math.min(embedder.maxInputs, INPUTS_PER_REQUEST),
    concurrency: CONCURRENCY,
    embedEach: one,
  };
}

function isPassing(error: unknown): boolean {
  return ["timeout", "connection", "rate-limited"].includes(classOf(error));
}

function resultOf(error: unknown): EmbedResult {
  if (error instanceof PutOffError) {
    const { limit, reason } = error.note;
    return { kind: "held", key: limit ?? "model", ms: error.delayMs, reason: reason ?? "" };
  }
  if (error instanceof ClassedError) return { kind: "failed", error };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", error: new ClassedError(classOf(error), "embedder", message, error) };
}
