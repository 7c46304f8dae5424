/** What a reader gives in the place of an item it could not make: it fails without being processed. */
import { ClassedError, type ErrorClass } from "../model/errors.ts";

/** What a {@link BadItem} says. */
export interface BadItemInit {
  /** Its name in the ledger, unique in the step. */
  readonly key: string;
  /** Where it stands in the reader's order. */
  readonly cursor: string;
  /** In one word, for reports: `malformed`, `too-large` … */
  readonly reason: string;
  /** What is wrong, and where. */
  readonly message: string;
  /** `validation` where left out. */
  readonly errorClass?: ErrorClass | undefined;
}

/** A record that is there but cannot become an item: a line that is no JSON, a file that may not be looked at. */
export class BadItem {
  readonly key: string;
  readonly cursor: string;
  readonly reason: string;
  readonly message: string;
  readonly errorClass: ErrorClass;

  constructor({ key, cursor, reason, message, errorClass = "validation" }: BadItemInit) {
    this.key = key;
    this.cursor = cursor;
    this.reason = reason;
    this.message = message;
    this.errorClass = errorClass;
  }

  /** What the item fails with. */
  get error(): ClassedError {
    return new ClassedError(this.errorClass, this.reason, this.message);
  }
}

/** What a ledger row keeps of an item, so that it can run again; nothing of one that never was. */
export function itemText(item: unknown): { readonly item?: string } {
  return item instanceof BadItem ? {} : { item: JSON.stringify(item) };
}
