import fc from "fast-check";
import { expect, test } from "vitest";
import { formChunks } from "./chunks.ts";

const weights = fc.array(fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 1_000 })), { maxLength: 200 });
const limits = fc.record({ chunkSize: fc.integer({ min: 1, max: 20 }), chunkWeight: fc.nat({ max: 1_000 }) });

test("chunks hold every item once, within both limits unless alone, heaviest first", () => {
  fc.assert(
    fc.property(weights, limits, (values, { chunkSize, chunkWeight }) => {
      const items = values.map((weight, index) => ({ weight, index }));
      const chunks = formChunks(items, (item) => item.weight, { chunkSize, chunkWeight });
      const spread = chunks.flat();
      expect(spread.toSorted((a, b) => a.index - b.index)).toEqual(items);
      expect(spread).toEqual(items.toSorted((a, b) => b.weight - a.weight || a.index - b.index));
      for (const chunk of chunks) {
        expect(chunk.length).toBeGreaterThan(0);
        expect(chunk.length).toBeLessThanOrEqual(chunkSize);
        const weight = chunk.reduce((sum, item) => sum + item.weight, 0);
        expect(chunk.length === 1 || weight <= chunkWeight).toBe(true);
      }
    }),
  );
});

test("a chunk ends only where its next item would pass a limit", () => {
  fc.assert(
    fc.property(weights, limits, (values, { chunkSize, chunkWeight }) => {
      const chunks = formChunks(values, (weight) => weight, { chunkSize, chunkWeight });
      chunks.slice(0, -1).forEach((chunk, index) => {
        const held = chunk.reduce((sum, weight) => sum + weight, 0);
        const [next = 0] = chunks[index + 1] ?? [];
        expect(chunk.length === chunkSize || held + next > chunkWeight).toBe(true);
      });
    }),
  );
});
