/** Items that come with their place. */

/** An item with its place, from a reader whose items do not tell it themselves (a line of a file, say). */
export class Placed<Item> {
  readonly item: Item;
  /** Where it stands in the reader's order. */
  readonly cursor: string;
  /** Its name in the ledger, unique in the step; the cursor where left out. */
  readonly key: string;

  constructor(item: Item, at: { readonly cursor: string; readonly key?: string | undefined }) {
    this.item = item;
    this.cursor = at.cursor;
    this.key = at.key ?? at.cursor;
  }
}
