import fc from "fast-check";
import { expect, test } from "vitest";
import { auditText, CHAIN_START, chainHash } from "../model/audit.ts";
import { systemEntry } from "../model/audit-entry.ts";
import { AuditCheck, type AuditDamage, type WrittenHead } from "./audit-check.ts";
import type { AuditChain, ChainedRow, ChainPoint } from "./audit-store.ts";

const START: ChainPoint = { n: 0, hash: CHAIN_START };

/** A sound chain of records that say these words. */
function chainOf(words: readonly string[]): ChainedRow[] {
  const rows: ChainedRow[] = [];
  for (const [index, word] of words.entries()) {
    const details = { word, index };
    const act = { type: "job.dead", action: "settle", resourceType: "job", tenant: "acme", details } as const;
    const record = { ...systemEntry(act), at: 1_700_000_000_000 + index };
    const { tenant, type, resourceType, resourceId, at: atMs } = record;
    const text = auditText(record);
    const previous = rows.at(-1)?.place.hash ?? CHAIN_START;
    const place = { n: index + 1, previous, hash: chainHash(previous, text) };
    rows.push({ tenant, type, resourceType, resourceId, atMs, text, place });
  }
  return rows;
}

function headOf(rows: readonly ChainedRow[]): ChainPoint {
  const { n, hash } = rows.at(-1)?.place ?? START;
  return { n, hash };
}

interface Told {
  readonly head: ChainPoint;
  readonly pruned?: ChainPoint;
  readonly written?: readonly WrittenHead[];
}

function check(
  rows: readonly ChainedRow[],
  { head, pruned = START, written = [] }: Told,
): readonly AuditDamage[] {
  const chain: AuditChain = { tenant: "acme", head, pruned, pending: 0 };
  const checking = new AuditCheck(chain, written);
  for (const row of rows) checking.add(row);
  return checking.end();
}

const chains = fc.array(fc.string(), { minLength: 2, maxLength: 12 }).map(chainOf);
/** A chain and the indices of two of its rows, the first before the second. */
const chainAndTwo = chains.chain((rows) =>
  fc
    .tuple(fc.nat({ max: rows.length - 2 }), fc.nat())
    .map(([first, step]) => ({ rows, first, second: first + 1 + (step % (rows.length - first - 1)) })),
);

test("a chain that nobody touched is sound, also beside any of its earlier heads", () => {
  fc.assert(
    fc.property(chainAndTwo, ({ rows, first }) => {
      const head = headOf(rows);
      const earlier = headOf(rows.slice(0, first + 1));
      expect(check(rows, { head, written: [earlier, { hash: earlier.hash }] })).toEqual([]);
    }),
  );
});

/** What somebody may do to a row, leaving its place as it is. */
const EDITS: readonly ((row: ChainedRow) => ChainedRow)[] = [
  (row) => ({ ...row, text: row.text.replace("job.dead", "job.done") }),
  (row) => ({ ...row, text: `${row.text} ` }),
  (row) => ({ ...row, text: "" }),
  (row) => ({ ...row, tenant: "other" }),
  (row) => ({ ...row, type: "job.deleted" }),
  (row) => ({ ...row, atMs: row.atMs + 1 }),
  (row) => ({ ...row, resourceType: "queue" }),
  (row) => ({ ...row, resourceId: "x" }),
  (row) => ({ ...row, place: { ...row.place, hash: "" } }),
  (row) => ({ ...row, place: { ...row.place, hash: chainHash(row.place.hash, "") } }),
];

test("an edit of any row and of any of its fields is named at its place", () => {
  fc.assert(
    fc.property(chainAndTwo, fc.constantFrom(...EDITS), ({ rows, first }, edit) => {
      const tampered = rows.map((row, index) => (index === first ? edit(row) : row));
      const [damage] = check(tampered, { head: headOf(rows) });
      expect(damage).toMatchObject({ kind: "edited", from: first + 1 });
    }),
  );
});

test("an edit whose author made its hash anew shows in the record after it", () => {
  fc.assert(
    fc.property(chainAndTwo, ({ rows, first }) => {
      const { text, place, ...rest } = rows[first] as ChainedRow;
      const other = text.replace('"word":"', '"word":"!');
      const forged = { ...rest, text: other, place: { ...place, hash: chainHash(place.previous, other) } };
      const found = check(rows.with(first, forged), { head: headOf(rows) });
      expect(found).toMatchObject([{ kind: "deleted", from: first + 2 }]);
    }),
  );
});

test("a deletion from anywhere but the end is named with what is gone, also where the rest was given new numbers", () => {
  fc.assert(
    fc.property(chainAndTwo, fc.boolean(), ({ rows, first, second }, renumbers) => {
      const left = rows.filter((_, index) => index < first || index >= second);
      const gone = second - first;
      const shown = renumbers
        ? left.map((row, index) => ({ ...row, place: { ...row.place, n: index + 1 } }))
        : left;
      const head = { ...headOf(rows), n: rows.length - (renumbers ? gone : 0) };
      expect(check(shown, { head })).toMatchObject([
        renumbers ? { kind: "deleted", from: first + 1 } : { kind: "deleted", from: first + 1, to: second },
      ]);
    }),
  );
});

/** How two rows may change places: whole, or only what they say, with or without its hash. */
const SWAPS: readonly ((row: ChainedRow, other: ChainedRow) => ChainedRow)[] = [
  (row, other) => ({ ...other, place: { ...other.place, n: row.place.n } }),
  (row, other) => ({ ...other, place: row.place }),
  (row, other) => ({ ...other, place: { ...row.place, hash: other.place.hash } }),
];

test("two rows that changed places are named as re-ordered", () => {
  fc.assert(
    fc.property(chainAndTwo, fc.constantFrom(...SWAPS), ({ rows, first, second }, swap) => {
      const [one, two] = [rows[first] as ChainedRow, rows[second] as ChainedRow];
      const swapped = rows.with(first, swap(one, two)).with(second, swap(two, one));
      const kinds = check(swapped, { head: headOf(rows) }).filter(({ kind }) => kind !== "replaced");
      expect(kinds).toContainEqual(expect.objectContaining({ kind: "reordered", from: first + 1 }));
      expect(kinds.map(({ kind }) => kind)).not.toContain("edited");
    }),
  );
});

test("an end that was cut off is named beside a head kept elsewhere, whatever the store's own says", () => {
  fc.assert(
    fc.property(chainAndTwo, fc.boolean(), ({ rows, first }, isPlaced) => {
      const left = rows.slice(0, first + 1);
      const head = headOf(rows);
      const written = [isPlaced ? head : { hash: head.hash }];
      const [damage, ...others] = check(left, { head: headOf(left), written });
      expect(damage).toMatchObject({
        kind: "truncated",
        from: first + 2,
        to: isPlaced ? rows.length : first + 2,
      });
      expect(others).toEqual([]);
      expect(check(left, { head })).toMatchObject([{ kind: "truncated", from: first + 2, to: rows.length }]);
      expect(check([], { head: START, written: [head] })).toMatchObject([{ kind: "truncated", from: 1 }]);
    }),
  );
});

test("a chain that was written anew from some record on is named beside a head kept elsewhere", () => {
  fc.assert(
    fc.property(chainAndTwo, ({ rows, first }) => {
      const words = rows.map((_, index) => `forged ${index}`);
      const forged = chainOf(words);
      const kept = headOf(rows.slice(0, first + 1));
      expect(check(forged, { head: headOf(forged) })).toEqual([]);
      expect(check(forged, { head: headOf(forged), written: [kept] })).toMatchObject([
        { kind: "replaced", from: first + 1 },
      ]);
    }),
  );
});

test("a beginning that retention let go is sound only where a record says so", () => {
  const rows = chainOf(["a", "b", "c"]);
  const pruned = headOf(rows.slice(0, 2));
  const record = {
    ...systemEntry({
      ...{ type: "audit.pruned", action: "pruneAudit", resourceType: "audit", tenant: "acme" },
      details: { n: pruned.n, hash: pruned.hash },
    }),
    at: 1_700_000_000_009,
  };
  const text = auditText(record);
  const { hash: previous } = headOf(rows);
  const told: ChainedRow = {
    ...(rows[2] as ChainedRow),
    ...{ type: record.type, resourceType: record.resourceType, atMs: record.at, text },
    place: { n: 4, previous, hash: chainHash(previous, text) },
  };
  const left = [rows[2] as ChainedRow, told];
  const head = headOf(left);
  expect(check(left, { head, pruned, written: [pruned, { hash: pruned.hash }, { ...START }] })).toEqual([]);
  const [third] = left as [ChainedRow];
  expect(check([third], { head: headOf([third]), pruned })).toMatchObject([
    { kind: "deleted", from: 1, to: 2 },
  ]);
  expect(check(left, { head })).toMatchObject([{ kind: "deleted", from: 1, to: 2 }]);
});
