/** Vectors as chunks carry them: base64, a third of what JSON numbers take. */
import { base64OfFloats } from "../models/float-text.ts";

/** The text of a list of numbers; `undefined` for anything else. Components are rounded to float32. */
export function vectorText(embedding: unknown): string | undefined {
  if (!Array.isArray(embedding)) return undefined;
  const vector = new Float32Array(embedding.length);
  for (let index = 0; index < embedding.length; index++) {
    const value: unknown = embedding[index];
    if (typeof value !== "number") return undefined;
    vector[index] = value;
  }
  return base64OfFloats(vector);
}
