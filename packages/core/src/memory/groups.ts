/** Members by what they belong to; groups without members take no room. */

/** Members of groups; what belongs to none is in no group. */
export class Groups<K, Member> {
  readonly #groups = new Map<K, Set<Member>>();

  add(key: K | undefined, member: Member): void {
    if (key === undefined) return;
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Set([member]));
    else group.add(member);
  }

  delete(key: K | undefined, member: Member): void {
    if (key === undefined) return;
    const group = this.#groups.get(key);
    group?.delete(member);
    if (group?.size === 0) this.#groups.delete(key);
  }

  of(key: K): ReadonlySet<Member> {
    return this.#groups.get(key) ?? new Set();
  }
}
