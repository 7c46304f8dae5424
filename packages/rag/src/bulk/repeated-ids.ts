/** Finds ids that a source gives more than once, so that the last of each wins however chunks run. */
import { ClassedError } from "@millrace/core";

/** Something with an id, by its place. */
export interface Named {
  readonly index: number;
  /** `undefined` for what has none of its own. */
  readonly id: string | undefined;
}

/** What a source holds. */
export interface Repeats {
  readonly items: number;
  /** Places of items whose id comes again later, in order. */
  readonly superseded: readonly number[];
}

/** Most items that are looked at: some 40 bytes of memory each. */
const MOST_ITEMS = 10_000_000;
/** Most places that a step's result can carry. */
const MOST_SUPERSEDED = 100_000;
const LOW_BITS = 0x1f_ffff;
const HIGH = 2 ** 32;

/**
 * Reads the source once, keeping a hash of each id; only where hashes meet, a second time, comparing those ids themselves.
 * @throws ClassedError of class validation, reason `too-many-items` or `too-many-repeats`.
 */
export async function findRepeats(read: () => AsyncIterable<Named>): Promise<Repeats> {
  const seen = new Set<number>();
  const met = new Set<number>();
  let items = 0;
  for await (const { id } of read()) {
    items += 1;
    if (id === undefined) continue;
    const hash = hashOf(id);
    if (seen.has(hash)) met.add(hash);
    else if (seen.size < MOST_ITEMS) seen.add(hash);
    else throw tooMany("too-many-items", `more than ${MOST_ITEMS} ids`);
  }
  seen.clear();
  return { items, superseded: met.size === 0 ? [] : await supersededAmong(read, met) };
}

async function supersededAmong(
  read: () => AsyncIterable<Named>,
  met: ReadonlySet<number>,
): Promise<readonly number[]> {
  const last = new Map<string, number>();
  const superseded: number[] = [];
  for await (const { index, id } of read()) {
    if (id === undefined || !met.has(hashOf(id))) continue;
    const before = last.get(id);
    if (before !== undefined) superseded.push(before);
    if (superseded.length > MOST_SUPERSEDED) {
      throw tooMany("too-many-repeats", `more than ${MOST_SUPERSEDED} items whose id comes again`);
    }
    last.set(id, index);
  }
  return superseded.sort((a, b) => a - b);
}

function tooMany(reason: string, what: string): ClassedError {
  return new ClassedError(
    "validation",
    reason,
    `the source has ${what}: give it in several runs, or make its ids unique and say \`repeats: "trust"\``,
  );
}

/** 53 bits of two multiplicative hashes over UTF-16 units. */
function hashOf(text: string): number {
  let low = 0x9747_b28c;
  let high = 0x85eb_ca6b ^ text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x27d4_eb2f);
    high ^= high >>> 15;
  }
  return (high & LOW_BITS) * HIGH + (low >>> 0);
}
