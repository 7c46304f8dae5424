/** Tokens of texts for limits of requests: by their bytes where that is enough to know, else counted. */
import { TokenMeter } from "../stages/split/token-meter.ts";

/** An upper bound that costs next to nothing: every token covers at least one byte of UTF-8. */
export function mostTokens(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Tokens as cl100k_base counts them (or an upper bound, for text in very long words); above `limit` some number above it. */
export function countedTokens(text: string, limit: number): number {
  const meter = new TokenMeter(text);
  meter.open(0);
  return meter.measure(text.length, limit);
}
