/** The embedder that needs no model and no network: signed feature hashing of words and character 4-grams. */
import type { Embedder } from "../../ports/embedder.ts";
import { finishHash, WORD_BASIS } from "./feature-hash.ts";
import { FeatureTable } from "./feature-table.ts";
import { countFeatures, type LexicalFeatures, normalised } from "./lexical-features.ts";

const DIMENSIONS = 1024;
const WORD_WEIGHT = 1;
const GRAM_WEIGHT = 0.5;
/** Texts a call takes: some 10 ms of work, so that the caller's event loop is never held up for long. */
const MAX_INPUTS = 128;

/**
 * Vectors that compare texts by the words and spellings they share. **Lexical, not semantic**: "car" and "automobile"
 * have nothing in common. Good for a start without a model, for tests, and for names and identifiers.
 *
 * 1024 dimensions, L2-normalised. Each word weighs the square root of how often it occurs, each character 4-gram half
 * of that; its hash picks the component (low 10 bits) and the sign (highest bit). A text without any word (empty, only
 * punctuation) gets the unit vector of the empty word, so that every cosine is defined. Only integer arithmetic,
 * addition, multiplication, division and square roots are used: the same text gives the same bits on every machine
 * whose engine knows the same Unicode characters.
 *
 * Method: Weinberger, Dasgupta, Langford, Smola, Attenberg, "Feature Hashing for Large Scale Multitask Learning",
 * ICML 2009.
 */
export function hashLexicalV1(): Embedder {
  const vectors = new VectorWriter();
  return {
    model: "hash-lexical-v1",
    dimensions: DIMENSIONS,
    maxInputs: MAX_INPUTS,
    maxTokensPerInput: Number.MAX_SAFE_INTEGER,
    isCheap: true,
    embed: async (texts, { signal }) => {
      signal.throwIfAborted();
      return texts.map((text) => vectors.write(text));
    },
  };
}

/** Scratch space for one vector after another. */
class VectorWriter {
  readonly #features: LexicalFeatures = { words: new FeatureTable(), grams: new FeatureTable() };
  readonly #sums: Float64Array = new Float64Array(DIMENSIONS);

  write(text: string): Float32Array {
    this.#sums.fill(0);
    countFeatures(normalised(text), this.#features);
    this.#features.words.drain((hash, count) => this.#add(hash, WORD_WEIGHT * Math.sqrt(count)));
    this.#features.grams.drain((hash, count) => this.#add(hash, GRAM_WEIGHT * Math.sqrt(count)));
    const length = this.#length();
    if (length === 0) this.#add(finishHash(WORD_BASIS), 1);
    return this.#scaled(length === 0 ? 1 : length);
  }

  #add(hash: number, weight: number): void {
    const component = hash & (DIMENSIONS - 1);
    this.#sums[component] = (this.#sums[component] ?? 0) + (hash < 0 ? -weight : weight);
  }

  #length(): number {
    let squares = 0;
    for (const sum of this.#sums) squares += sum * sum;
    return Math.sqrt(squares);
  }

  #scaled(length: number): Float32Array {
    const vector = new Float32Array(DIMENSIONS);
    for (let component = 0; component < DIMENSIONS; component++) {
      vector[component] = (this.#sums[component] ?? 0) / length;
    }
    return vector;
  }
}
