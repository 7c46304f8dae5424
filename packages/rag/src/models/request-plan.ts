/** Splits texts into requests an endpoint takes, and sorts out those it never would. */
import { countedTokens, mostTokens } from "./text-tokens.ts";

/** What one request may hold. Tokens are counted as cl100k_base, whatever the model's own tokenizer is. */
export interface RequestLimits {
  readonly maxInputs: number;
  readonly maxTokensPerInput: number;
  readonly maxTokensPerRequest: number;
}

/** Which text goes into which request. */
export interface RequestPlan {
  /** Positions of texts that no request may hold, in order. */
  readonly tooLarge: readonly number[];
  /** Positions by request, in order; each 1 to `maxInputs` long. */
  readonly requests: readonly (readonly number[])[];
}

/** Plans without counting tokens while bytes show that limits are far. */
export function planRequests(texts: readonly string[], limits: RequestLimits): RequestPlan {
  const most = texts.map((text) => mostTokens(text));
  const perInput = Math.min(limits.maxTokensPerInput, limits.maxTokensPerRequest);
  const isTooLarge = most.map((bytes, at) => bytes > perInput && exceeds(texts[at] ?? "", perInput));
  const fitting = [...texts.keys()].filter((at) => isTooLarge[at] === false);
  const tooLarge = [...texts.keys()].filter((at) => isTooLarge[at] === true);
  const byBytes = packed(fitting, most, limits);
  const needed = Math.ceil(fitting.length / limits.maxInputs);
  if (byBytes.length <= needed) return { tooLarge, requests: byBytes };
  const counted = texts.map((text, at) =>
    isTooLarge[at] === true ? 0 : countedTokens(text, limits.maxTokensPerRequest),
  );
  return { tooLarge, requests: packed(fitting, counted, limits) };
}

function exceeds(text: string, limit: number): boolean {
  return countedTokens(text, limit) > limit;
}

/** In order, a new request whenever one more text would not fit. */
function packed(
  positions: readonly number[],
  tokens: readonly number[],
  limits: RequestLimits,
): readonly (readonly number[])[] {
  const requests: number[][] = [];
  let current: number[] = [];
  let sum = 0;
  for (const at of positions) {
    const cost = tokens[at] ?? 0;
    if (
      current.length === limits.maxInputs ||
      (current.length > 0 && sum + cost > limits.maxTokensPerRequest)
    ) {
      requests.push(current);
      current = [];
      sum = 0;
    }
    current.push(at);
    sum += cost;
  }
  return current.length === 0 ? requests : [...requests, current];
}
