/** Which items of a chunk are settled, as its checkpoint says where the ledger has no row for each; and which were late. Pure. */

/** What a chunk's checkpoint holds: positions among its items as ranges, each from … up to, without the latter. */
interface SettledText {
  readonly settled: readonly (readonly [from: number, upTo: number])[];
  /** Positions of items that were under way when an attempt ran into its time-out. */
  readonly late?: readonly number[];
}

/** Positions `0 … size − 1` of a chunk's items, each settled or not. */
export class Settled {
  readonly #flags: Uint8Array;
  readonly #late = new Set<number>();

  /** As `checkpoint` left them; none is settled without one. */
  constructor(size: number, checkpoint?: string) {
    this.#flags = new Uint8Array(size);
    if (checkpoint === undefined) return;
    const { settled, late = [] } = JSON.parse(checkpoint) as SettledText; // written by this file
    for (const [from, upTo] of settled) this.#flags.fill(1, from, upTo);
    this.addLate(late);
  }

  has(position: number): boolean {
    return this.#flags[position] === 1;
  }

  /** These are settled from now on. */
  add(positions: Iterable<number>): void {
    for (const position of positions) this.#flags[position] = 1;
  }

  /** Whether an attempt ran into its time-out while the item was under way. */
  isLate(position: number): boolean {
    return this.#late.has(position);
  }

  /** These were under way when an attempt ran into its time-out. */
  addLate(positions: Iterable<number>): void {
    for (const position of positions) this.#late.add(position);
  }

  /** The checkpoint of a chunk in which these are settled too. */
  textWith(positions: Iterable<number>): string {
    const flags = this.#flags.slice();
    for (const position of positions) flags[position] = 1;
    const settled = rangesOf(flags);
    const text: SettledText = this.#late.size === 0 ? { settled } : { settled, late: [...this.#late] };
    return JSON.stringify(text);
  }
}

function rangesOf(flags: Uint8Array): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  let from = flags.indexOf(1);
  while (from !== -1) {
    const end = flags.indexOf(0, from);
    const upTo = end === -1 ? flags.length : end;
    ranges.push([from, upTo]);
    from = flags.indexOf(1, upTo);
  }
  return ranges;
}
