/** Checks a tenant's chain record by record, and names what was done to it. */
import { type AuditRecord, chainHash, readAuditText } from "../model/audit.ts";
import type { AuditChain, ChainedRow, ChainPoint } from "./audit-store.ts";

/**
 * `edited`: a record is not what was chained. `deleted`: records are gone, from within the chain or its beginning.
 * `reordered`: records do not stand where they were chained. `truncated`: the chain ends before a known head.
 * `replaced`: another record stands where a known head was: the chain was written anew.
 */
export type DamageKind = "edited" | "deleted" | "reordered" | "truncated" | "replaced";

/** Damage to a chain. */
export interface AuditDamage {
  readonly kind: DamageKind;
  /** The place of the first record it is about, and of the last. */
  readonly from: number;
  readonly to: number;
  /** What was found, in words. */
  readonly says: string;
}

/** The end of a chain, as somebody wrote it down. */
export interface WrittenHead {
  /** Where it stood; anywhere where left out. */
  readonly n?: number | undefined;
  readonly hash: string;
}

/** Most damages that are named one by one; a chain with more is damaged all over. */
const MOST_DAMAGES = 100;

/** A row that does not fit, or does not follow from the one before it. */
interface Break {
  readonly row: ChainedRow;
  /** `seal`: the text is not what its own hash says. `link`: it was chained to another row. `gap`: places are missing. */
  readonly kind: "seal" | "link" | "gap";
  /** The row that stands before it. */
  readonly after: ChainPoint;
}

/** One tenant's check: rows go in by `add`, in the order of their places, from the chain's beginning to its end. */
export class AuditCheck {
  readonly #chain: AuditChain;
  readonly #known: readonly ChainPoint[];
  /** Hashes of known heads whose place nobody wrote down, until they are met. */
  readonly #sought: Set<string>;
  readonly #breaks: Break[] = [];
  readonly #replaced: ChainPoint[] = [];
  #last: ChainPoint;
  #rows = 0;
  #isPruningTold: boolean;

  /** @param heads those that were written down elsewhere, beside the store's own. */
  constructor(chain: AuditChain, heads: readonly WrittenHead[] = []) {
    this.#chain = chain;
    this.#known = [chain.head, ...heads.flatMap(({ n, hash }) => (n === undefined ? [] : [{ n, hash }]))];
    this.#sought = new Set(heads.flatMap(({ n, hash }) => (n === undefined ? [hash] : [])));
    this.#sought.delete(chain.pruned.hash);
    this.#last = chain.pruned;
    this.#isPruningTold = chain.pruned.n === 0;
  }

  /** How many rows were checked. */
  get rows(): number {
    return this.#rows;
  }

  add(row: ChainedRow): void {
    const { n, hash, previous } = row.place;
    const record = readAuditText(row.text);
    if (record === undefined || !isSealed(row) || !agrees(row, record)) this.#note(row, "seal");
    if (n !== this.#last.n + 1) this.#note(row, "gap");
    else if (previous !== this.#last.hash) this.#note(row, "link");
    this.#isPruningTold ||= record !== undefined && tellsOf(record, this.#chain.pruned);
    if (this.#known.some((point) => point.n === n && point.hash !== hash)) this.#replaced.push({ n, hash });
    this.#sought.delete(hash);
    this.#last = { n, hash };
    this.#rows += 1;
  }

  /** What was found, by place. */
  end(): readonly AuditDamage[] {
    const found = [...this.#breaks.map((broken) => this.#named(broken)), ...this.#ends()];
    return found.sort((left, right) => left.from - right.from).slice(0, MOST_DAMAGES);
  }

  #note(row: ChainedRow, kind: Break["kind"]): void {
    if (this.#breaks.length < MOST_DAMAGES) this.#breaks.push({ row, kind, after: this.#last });
  }

  #named({ row, kind, after }: Break): AuditDamage {
    const { n } = row.place;
    if (kind === "seal") return this.#isElsewhere(row) ? moved(n) : edited(n);
    if (this.#isLoose(row.place.previous)) return moved(n);
    return kind === "gap" && n > after.n ? deleted(after.n + 1, n - 1) : unlinked(n);
  }

  /** Whether the text of a row is what another broken row was chained with. */
  #isElsewhere({ text, place }: ChainedRow): boolean {
    return this.#breaks.some(({ row, kind }) => {
      if (kind !== "seal" || row.place.n === place.n) return false;
      const hash = chainHash(row.place.previous, text);
      return hash === row.place.hash || hash === place.hash;
    });
  }

  /** Whether a row is still there that nothing follows as it should. */
  #isLoose(hash: string): boolean {
    return hash === this.#last.hash || this.#breaks.some(({ after }) => after.hash === hash);
  }

  #ends(): AuditDamage[] {
    const end = Math.max(...this.#known.map(({ n }) => n));
    const { pruned } = this.#chain;
    const isReplaced = this.#known.some(({ n, hash }) => n === pruned.n && hash !== pruned.hash && n > 0);
    return [
      ...(this.#isPruningTold ? [] : [unwitnessed(pruned.n)]),
      ...this.#replaced.map(({ n }) => replaced(n)),
      ...(isReplaced ? [replaced(pruned.n)] : []),
      ...(end > this.#last.n ? [truncated(this.#last.n + 1, end)] : []),
      ...[...this.#sought].map((hash) => lost(hash, this.#last.n + 1)),
    ];
  }
}

/** Whether the row's hash is that of its text and of the hash it was chained to. */
function isSealed({ text, place }: ChainedRow): boolean {
  return chainHash(place.previous, text) === place.hash;
}

/** Whether what the row is found by is what the record says. */
function agrees(row: ChainedRow, record: AuditRecord): boolean {
  return (
    row.tenant === record.tenant &&
    row.type === record.type &&
    row.atMs === record.at &&
    row.resourceType === record.resourceType &&
    row.resourceId === record.resourceId
  );
}

/** Whether a record says that retention has let go of everything up to this point. */
function tellsOf({ type, details }: AuditRecord, { n, hash }: ChainPoint): boolean {
  return type === "audit.pruned" && details["n"] === n && details["hash"] === hash;
}

function edited(n: number): AuditDamage {
  return { kind: "edited", from: n, to: n, says: `record ${n} is not the one that was chained` };
}

function moved(n: number): AuditDamage {
  return { kind: "reordered", from: n, to: n, says: `record ${n} was chained at another place` };
}

function deleted(from: number, to: number): AuditDamage {
  const says = from === to ? `record ${from} is gone` : `records ${from} to ${to} are gone`;
  return { kind: "deleted", from, to, says };
}

function unlinked(n: number): AuditDamage {
  const says = `the record before ${n} is not the one it was chained to, which is gone`;
  return { kind: "deleted", from: n, to: n, says };
}

function unwitnessed(n: number): AuditDamage {
  const says = `records 1 to ${n} are gone, and no record says that retention let them go`;
  return { kind: "deleted", from: 1, to: n, says };
}

function truncated(from: number, to: number): AuditDamage {
  const says =
    from === to ? `record ${from}, the last, is gone` : `records ${from} to ${to}, the last, are gone`;
  return { kind: "truncated", from, to, says };
}

function lost(hash: string, n: number): AuditDamage {
  const says = `no record has the hash ${hash} of the known head: the end was cut off, or the chain written anew`;
  return { kind: "truncated", from: n, to: n, says };
}

function replaced(n: number): AuditDamage {
  return {
    kind: "replaced",
    from: n,
    to: n,
    says: `record ${n} is not the one of the known head: the chain was written anew`,
  };
}
