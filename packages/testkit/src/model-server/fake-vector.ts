/** The vectors of the fake model: the same text always has the same one. */
import { seededRandom } from "@millrace/core/testing";

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The vector the server answers a text with: `dimensions` float32 components, L2-normalised. */
export function fakeVector(text: string, dimensions: number): Float32Array {
  const random = seededRandom(hashOf(text));
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let index = 0; index < dimensions; index++) {
    const value = random() * 2 - 1;
    vector[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = FNV_BASIS;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), FNV_PRIME);
  }
  return hash;
}
