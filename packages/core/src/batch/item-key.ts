/** What may name an item in the ledger. */

/** With the longest names of step and partition it still fits into the ledger's index. */
const MAX_KEY_BYTES = 1_024;
/** What {@link isKey} takes, for messages. */
export const KEY_TAKES: string = `a string of 1 to ${MAX_KEY_BYTES} bytes without NUL or half a surrogate pair`;

/** Whether every store can keep it as the name of an item. */
export function isKey(key: unknown): key is string {
  if (typeof key !== "string" || key === "" || Buffer.byteLength(key) > MAX_KEY_BYTES) return false;
  return key.isWellFormed() && !key.includes("\0");
}

const MAX_SHOWN = 100;

/** What it was instead, for messages. */
export function shownKey(key: unknown): string {
  if (typeof key === "string") return JSON.stringify(key).slice(0, MAX_SHOWN);
  return key === null || key === undefined ? String(key) : typeof key;
}
