/** The verb that statistics are made of: counters found by what their scopes begin with. */

/** Counts by scope and name; without zeros. */
export type CountersByScope = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Which part of time to count. */
export interface CountersUnderOptions {
  /**
   * Only what was added in the last so many minutes, 1 to 1440, and of scopes of queues only, leaving out `queued`,
   * `running` and `waiting`, which are states. The minute in which that time begins counts by the part of it that
   * lies within, as if evenly spread.
   */
  readonly lastMinutes?: number | undefined;
}

/** The statistics part of the port. */
export interface StatsStore {
  /**
   * Counters of every scope under a prefix that ends in a colon (`queue:`, `step:<run>:`), folded and not. What it
   * costs does not grow with history.
   * @throws MillraceError `bad-usage` for a prefix without its colon, or minutes out of range.
   */
  countersUnder(prefix: string, options?: CountersUnderOptions): Promise<CountersByScope>;
}
