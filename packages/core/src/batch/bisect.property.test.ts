import fc from "fast-check";
import { expect, test } from "vitest";
import { bisect } from "./bisect.ts";

class Bad extends Error {}

/** A list some members of which no part may hold. */
function trial(
  bad: ReadonlySet<number>,
  options: { readonly splits?: (error: unknown) => boolean; readonly alone?: () => number } = {},
) {
  const tries: (readonly number[])[] = [];
  const accepted: number[] = [];
  return {
    tries,
    accepted,
    run: (members: readonly number[]) =>
      bisect(members, {
        attempt: async (part) => {
          tries.push(part);
          if (part.some((member) => bad.has(member))) throw new Bad(part.join());
          accepted.push(...part);
        },
        splits: () => true,
        ...options,
      }),
  };
}

function upTo(size: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => index);
}

const lists = fc
  .integer({ min: 1, max: 300 })
  .chain((size) =>
    fc.record({ size: fc.constant(size), bad: fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 12 }) }),
  );

test("isolates exactly the bad, accepts the rest in order, within 2·b·⌈log₂ n⌉ + 1 tries", async () => {
  await fc.assert(
    fc.asyncProperty(lists, async ({ size, bad }) => {
      const { run, tries, accepted } = trial(new Set(bad));
      const refused = await run(upTo(size));
      expect(refused.map(({ members }) => members)).toEqual(
        bad.toSorted((a, b) => a - b).map((member) => [member]),
      );
      expect(accepted).toEqual(upTo(size).filter((member) => !bad.includes(member)));
      expect(tries.length).toBeLessThanOrEqual(2 * bad.length * Math.ceil(Math.log2(size)) + 1);
    }),
    { numRuns: 300 },
  );
});

test("isolates the bad in order whatever is tried alone first", async () => {
  await fc.assert(
    fc.asyncProperty(lists, fc.nat({ max: 4 }), async ({ size, bad }, alone) => {
      const { run, accepted } = trial(new Set(bad), { alone: () => alone });
      const refused = await run(upTo(size));
      expect(refused.flatMap(({ members }) => members)).toEqual(bad.toSorted((a, b) => a - b));
      expect(accepted).toEqual(upTo(size).filter((member) => !bad.includes(member)));
    }),
    { numRuns: 100 },
  );
});

test("takes one try where nothing is bad", async () => {
  const { run, tries } = trial(new Set());
  expect(await run(upTo(1_000))).toEqual([]);
  expect(tries).toHaveLength(1);
});

test("takes 21 tries for one of a thousand", async () => {
  const { run, tries } = trial(new Set([0]));
  await run(upTo(1_000));
  expect(tries).toHaveLength(21);
});

test("leaves a part whole whose refusal says nothing of its members", async () => {
  const { run, tries } = trial(new Set([2]), { splits: () => false });
  expect(await run(upTo(4))).toMatchObject([{ members: [0, 1, 2, 3], error: { message: "0,1,2,3" } }]);
  expect(tries).toHaveLength(1);
});

test("finds nobody to blame for what two members do together", async () => {
  const accepted: number[] = [];
  const refused = await bisect(upTo(8), {
    attempt: async (part) => {
      if (part.includes(1) && part.includes(6)) throw new Bad("a duplicate");
      accepted.push(...part);
    },
    splits: () => true,
  });
  expect(refused).toEqual([]);
  expect(accepted).toEqual(upTo(8));
});

test("ends with what it is told to end with", async () => {
  const { run, tries } = trial(new Set([2]), {
    splits: (error) => {
      throw error;
    },
  });
  await expect(run(upTo(4))).rejects.toBeInstanceOf(Bad);
  expect(tries).toHaveLength(1);
});
