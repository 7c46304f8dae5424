/** Sums of named counts by scope, without zeros. */

/** Adds up; a sum that comes back to zero is forgotten. */
export class Counters {
  readonly #scopes = new Map<string, Map<string, number>>();
  /** The scope added to last, which is mostly the next one too. */
  #lastScope: string | undefined;
  #lastNames = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#scopes.size === 0;
  }

  add(scope: string, name: string, by: number): void {
    if (by === 0) return;
    const names = this.#names(scope);
    const sum = (names.get(name) ?? 0) + by;
    if (sum !== 0) {
      names.set(name, sum);
      return;
    }
    names.delete(name);
    if (names.size > 0) return;
    this.#scopes.delete(scope);
    this.#lastScope = undefined;
  }

  addAll(other: Counters): void {
    for (const [scope, names] of other.#scopes) for (const [name, by] of names) this.add(scope, name, by);
  }

  subtractAll(other: Counters): void {
    for (const [scope, names] of other.#scopes) for (const [name, by] of names) this.add(scope, name, -by);
  }

  *[Symbol.iterator](): Generator<readonly [scope: string, name: string, by: number]> {
    for (const [scope, names] of this.#scopes) for (const [name, by] of names) yield [scope, name, by];
  }

  #names(scope: string): Map<string, number> {
    if (scope === this.#lastScope) return this.#lastNames;
    const names = this.#scopes.get(scope) ?? new Map<string, number>();
    this.#scopes.set(scope, names);
    this.#lastScope = scope;
    this.#lastNames = names;
    return names;
  }

  /** Forgets every scope that begins so; gives how many counts that were, at most `limit` and then not all. */
  deleteUnder(prefix: string, limit: number): number {
    let left = limit;
    for (const [scope, names] of this.#scopes) {
      if (!scope.startsWith(prefix)) continue;
      for (const name of names.keys()) {
        if (left === 0) return limit;
        names.delete(name);
        left -= 1;
      }
      this.#scopes.delete(scope);
    }
    this.#lastScope = undefined;
    return limit - left;
  }

  /** Whether there is any scope that begins so. */
  hasUnder(prefix: string): boolean {
    return [...this.#scopes.keys()].some((scope) => scope.startsWith(prefix));
  }

  /** Of every scope that begins so. */
  under(prefix: string): Readonly<Record<string, Readonly<Record<string, number>>>> {
    const found = [...this.#scopes].filter(([scope]) => scope.startsWith(prefix));
    return Object.fromEntries(found.map(([scope, names]) => [scope, Object.fromEntries(names)]));
  }

  of(scope: string): ReadonlyMap<string, number> {
    return this.#scopes.get(scope) ?? NONE;
  }
}

const NONE: ReadonlyMap<string, number> = new Map();
