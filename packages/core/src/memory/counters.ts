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

  of(scope: string): ReadonlyMap<string, number> {
    return this.#scopes.get(scope) ?? NONE;
  }
}

const NONE: ReadonlyMap<string, number> = new Map();
