/** Vectors as text that jobs carry: base64 of little-endian float32, a third of what JSON numbers take. */

/** The text of a list of numbers; `undefined` for anything else. Components are rounded to float32. */
export function vectorText(embedding: unknown): string | undefined {
  if (!Array.isArray(embedding)) return undefined;
  const bytes = Buffer.alloc(embedding.length * 4);
  for (let index = 0; index < embedding.length; index++) {
    const value: unknown = embedding[index];
    if (typeof value !== "number") return undefined;
    bytes.writeFloatLE(value, index * 4);
  }
  return bytes.toString("base64");
}

/** The vector of such a text. */
export function vectorOfText(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  const vector = new Float32Array(bytes.length / 4);
  for (let index = 0; index < vector.length; index++) vector[index] = bytes.readFloatLE(index * 4);
  return vector;
}
