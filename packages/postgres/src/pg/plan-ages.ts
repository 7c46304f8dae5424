/** When a connection is to forget its plans. */

/**
 * A server plans a prepared statement for the tables as they are, and keeps that plan until somebody analyses them: one
 * made on an empty table reads it whole however long it has become, until autovacuum comes by, a minute later or more.
 * Planned anew it looks at the table's size, which needs no statistics.
 */
export class PlanAges<Connection extends object> {
  readonly #maxMs: number;
  readonly #sinceMs = new WeakMap<Connection, number>();

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** Whether it has kept its plans long enough; if so, they count as new from now on. */
  isDue(connection: Connection): boolean {
    const nowMs = performance.now();
    const sinceMs = this.#sinceMs.get(connection);
    const isDue = sinceMs !== undefined && nowMs - sinceMs >= this.#maxMs;
    if (isDue || sinceMs === undefined) this.#sinceMs.set(connection, nowMs);
    return isDue;
  }
}
