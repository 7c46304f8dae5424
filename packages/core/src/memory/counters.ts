/** Sums of named counts by scope, without zeros. */

/** Adds up; a sum that comes back to zero is forgotten. */
export class Counters {
  readonly #scopes = new Map<string, Map<string, number>>();

  get isEmpty(): boolean {
    return this.#scopes.size === 0;
  }

  add(scope: string, name: string, by: number): void {
    if (by === 0) return;
    const names = this.#scopes.get(scope) ?? new Map<string, number>();
    const sum = (names.get(name) ?? 0) + by;
    if (sum === 0) names.delete(name);
    else names.set(name, sum);
    if (names.size === 0) this.#scopes.delete(scope);
    else this.#scopes.set(scope, names);
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
