/** Vectors as text: base64 of little-endian float32, as services answer them and chunks carry them. */
import { endianness } from "node:os";

const IS_SWAPPED = endianness() === "BE";

/** The vector; `undefined` where the bytes are no whole number of components. */
export function floatsOfBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % 4 !== 0) return undefined;
  if (IS_SWAPPED) bytes.swap32();
  return new Float32Array(new Uint8Array(bytes).buffer); // a copy: Node's buffers begin anywhere in a shared one
}

/** The text of a vector. */
export function base64OfFloats(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (IS_SWAPPED ? Buffer.from(bytes).swap32() : bytes).toString("base64");
}
