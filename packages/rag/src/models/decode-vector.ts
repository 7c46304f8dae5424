/** Makes a checked vector of whatever an endpoint answered: numbers, or base64 of little-endian float32. */
import type { EmbedResult } from "./embed-result.ts";
import { modelError } from "./embed-result.ts";
import { floatsOfBase64 } from "./float-text.ts";

/** Decodes by the entry's real type, whatever was asked for; a vector that is unsound fails its own text alone. */
export function decodeVector(
  entry: unknown,
  expected: { readonly dimensions: number; readonly model: string },
): EmbedResult {
  const { dimensions, model } = expected;
  const vector = typeof entry === "string" ? floatsOfBase64(entry) : ofNumbers(entry);
  if (vector === undefined) {
    const message = `model ${model} answered something that is no vector`;
    return { kind: "failed", error: modelError("processing", "embedding-value", { message }) };
  }
  if (vector.length !== dimensions) {
    const message =
      `model ${model} returned a vector of ${vector.length} dimensions where ${dimensions} are configured; ` +
      "set the dimensions the model really has, or name the model that has these";
    return { kind: "failed", error: modelError("validation", "embedding-dimensions", { message }) };
  }
  const flaw = flawIn(vector);
  if (flaw === undefined) return { kind: "vector", vector };
  return {
    kind: "failed",
    error: modelError("processing", "embedding-value", { message: `model ${model} returned ${flaw}` }),
  };
}

/** What is no number becomes NaN, which no vector may have. */
function ofNumbers(entry: unknown): Float32Array | undefined {
  if (!Array.isArray(entry)) return undefined;
  const vector = new Float32Array(entry.length);
  for (let index = 0; index < entry.length; index++) {
    const value: unknown = entry[index];
    vector[index] = typeof value === "number" ? value : Number.NaN;
  }
  return vector;
}

/** By index: iterating over the components of thousands of vectors takes several times as long. */
function flawIn(vector: Float32Array): string | undefined {
  let squares = 0;
  for (let index = 0; index < vector.length; index++) {
    const value = vector[index] ?? 0;
    squares += value * value;
  }
  if (squares === 0) return "a vector of zeros";
  return Number.isFinite(squares) ? undefined : "a vector with a component that is not a finite number";
}
