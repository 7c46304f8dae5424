/** How ranks are fused, and in which order ties stand. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { byBytes, type Candidate, depthOf, ranked } from "./fuse.ts";

const of = (id: string, score: number): Candidate => ({ kind: "item", id, score });

test("what both lists have comes before what only one has, by the sum of 1 / (60 + rank)", () => {
  const vector = [of("a", 0.9), of("b", 0.8), of("c", 0.7)];
  const text = [of("c", 5), of("d", 4)];
  const hits = ranked({ vector, text }, "hybrid", { limit: 10 });
  expect(hits.map(({ id }) => id)).toEqual(["c", "a", "b", "d"]);
  expect(hits[0]).toMatchObject({ score: 1 / 63 + 1 / 61, scores: { vector: 0.7, text: 5 } });
  expect(ranked({ vector, text }, "hybrid", { limit: 10, minScore: 1 / 61 }).map(({ id }) => id)).toEqual([
    "c",
    "a",
  ]);
});

test("one list keeps its own scores", () => {
  const vector = [of("b", 0.5), of("a", 0.5), of("c", 0.9)];
  expect(ranked({ vector }, "vector", { limit: 2 })).toEqual([
    { ...of("c", 0.9), scores: { vector: 0.9 } },
    { ...of("a", 0.5), scores: { vector: 0.5 } },
  ]);
});

test("a passage and an item of one id are two", () => {
  const both = [of("a", 1), { kind: "passage", id: "a", score: 1 } as const];
  expect(ranked({ text: both }, "text", { limit: 5 }).map(({ kind }) => kind)).toEqual(["item", "passage"]);
});

test("fused, the order of what is given does not matter", () => {
  const candidates = fc.uniqueArray(fc.record({ id: fc.string(), score: fc.integer({ max: 3, min: 0 }) }), {
    selector: ({ id }) => id,
  });
  fc.assert(
    fc.property(candidates, candidates, (some, others) => {
      const [vector, text] = [some, others].map((list) => list.map(({ id, score }) => of(id, score)));
      const forth = ranked({ vector: vector ?? [], text: text ?? [] }, "hybrid", { limit: 100 });
      const reversed = { vector: vector?.toReversed() ?? [], text: text?.toReversed() ?? [] };
      expect(ranked(reversed, "hybrid", { limit: 100 })).toEqual(forth);
    }),
  );
});

test("texts are in the order of their bytes", () => {
  const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
      expect(Math.sign(byBytes(a, b))).toBe(bytes(a, b));
    }),
  );
});

test("each list gives enough for both", () => {
  expect([depthOf("hybrid", 5), depthOf("hybrid", 80), depthOf("vector", 5), depthOf("text", 80)]).toEqual([
    100, 160, 5, 80,
  ]);
});
