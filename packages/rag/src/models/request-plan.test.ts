import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planRequests } from "./request-plan.ts";
import { countedTokens } from "./text-tokens.ts";

const LIMITS = { maxInputs: 3, maxTokensPerInput: 8, maxTokensPerRequest: 12 };

describe("request plan", () => {
  test("splits by inputs, in order", () => {
    const { requests } = planRequests(["a", "b", "c", "d"], LIMITS);
    expect(requests).toEqual([[0, 1, 2], [3]]);
  });

  test("splits by tokens, counted only where bytes do not settle it", () => {
    const five = "one two three four five"; // 23 bytes, 5 tokens
    const { requests, tooLarge } = planRequests([five, five, five], LIMITS);
    expect(tooLarge).toEqual([]);
    expect(requests).toEqual([[0, 1], [2]]);
  });

  test("a text above the limit of a text, or of a whole request, goes nowhere", () => {
    const nine = "one two three four five six seven eight nine";
    expect(planRequests(["a", nine, "b"], LIMITS)).toEqual({ tooLarge: [1], requests: [[0, 2]] });
    const tight = { ...LIMITS, maxTokensPerInput: 1_000, maxTokensPerRequest: 8 };
    expect(planRequests([nine], tight)).toEqual({ tooLarge: [0], requests: [] });
  });

  test("places every text once, within the limits, with no request that the next text's would have fitted into", () => {
    const word = fc.constantFrom("mill", "race", " water", "\n", "größe", "データ", "🚀", "a".repeat(200));
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), (texts) => {
        const { requests, tooLarge } = planRequests(texts, LIMITS);
        const tokens = texts.map((each) => countedTokens(each, Number.POSITIVE_INFINITY));
        expect([...requests.flat(), ...tooLarge].sort((a, b) => a - b)).toEqual([...texts.keys()]);
        for (const at of tooLarge) expect(tokens[at]).toBeGreaterThan(LIMITS.maxTokensPerInput);
        for (const request of requests) {
          expect(request.length).toBeLessThanOrEqual(LIMITS.maxInputs);
          const sum = request.reduce((total, at) => total + (tokens[at] ?? 0), 0);
          expect(sum).toBeLessThanOrEqual(LIMITS.maxTokensPerRequest);
        }
      }),
    );
  });
});
