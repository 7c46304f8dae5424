/** What a processor gives for an item that is to have no output. */

/** An item that ended without output, on purpose. */
export class Filtered {
  readonly reason: string;
  readonly tally: Readonly<Record<string, number>>;

  constructor(reason: string, tally: Readonly<Record<string, number>> = {}) {
    this.reason = reason;
    this.tally = tally;
  }
}
