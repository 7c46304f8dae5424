/** Guards any embedder: calls of the size it takes, and answers checked before anybody stores them. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ClassedError } from "@millrace/core";
import type { Embedder } from "../../ports/embedder.ts";

/**
 * The same embedder for any number of texts: they go out in slices of at most `maxInputs`, one after the other, with a
 * turn of the event loop between slices, and come back in order. No text, no call. All or nothing: the first slice that
 * fails rejects the whole.
 *
 * @throws ClassedError of class `processing`, reason `embedding-count` (not one vector per text) or `embedding-value`
 * (a component that is not a finite number, or a vector of zeros); of class `validation`, reason
 * `embedding-dimensions` (a vector of another length). The inner embedder's own errors pass through.
 */
export function checkedEmbedder(inner: Embedder): Embedder {
  return {
    model: inner.model,
    dimensions: inner.dimensions,
    maxInputs: Number.MAX_SAFE_INTEGER,
    maxTokensPerInput: inner.maxTokensPerInput,
    isCheap: inner.isCheap,
    embed: async (texts, { signal, ...rest }) => {
      const vectors: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += inner.maxInputs) {
        if (from > 0) await nextTurn();
        signal.throwIfAborted();
        const slice = texts.slice(from, from + inner.maxInputs);
        vectors.push(...checkedVectors(inner, slice.length, await inner.embed(slice, { signal, ...rest })));
      }
      return vectors;
    },
  };
}

function checkedVectors(
  inner: Embedder,
  texts: number,
  vectors: readonly Float32Array[],
): readonly Float32Array[] {
  if (vectors.length !== texts) {
    throw new ClassedError(
      "processing",
      "embedding-count",
      `model ${inner.model} returned ${vectors.length} vectors for ${texts} texts`,
    );
  }
  for (const vector of vectors) checkVector(inner, vector);
  return vectors;
}

function checkVector(inner: Embedder, vector: Float32Array): void {
  if (vector.length !== inner.dimensions) {
    throw new ClassedError(
      "validation",
      "embedding-dimensions",
      `model ${inner.model} returned a vector of ${vector.length} dimensions where ${inner.dimensions} are configured; ` +
        "set the dimensions the model really has, or name the model that has these",
    );
  }
  const squares = sumOfSquares(vector);
  if (Number.isFinite(squares) && squares > 0) return;
  const problem =
    squares === 0 ? "a vector of zeros" : "a vector with a component that is not a finite number";
  throw new ClassedError("processing", "embedding-value", `model ${inner.model} returned ${problem}`);
}

/** By index: iterating over the components of thousands of vectors takes several times as long. */
function sumOfSquares(vector: Float32Array): number {
  let squares = 0;
  for (let index = 0; index < vector.length; index++) {
    const value = vector[index] ?? 0;
    squares += value * value;
  }
  return squares;
}
