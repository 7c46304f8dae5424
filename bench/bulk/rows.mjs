// Owns what is measured: the rows of the result page. A row is `{key, title, unit, says, systems}`; a system is
// `{name, bar?, measure({url})}`, whose measure gives `{items, seconds}` and whose bar is the least rate wanted.
import { bulkEmbedding } from "./rows/bulk-embed.mjs";
import { bulkInsert } from "./rows/bulk-insert.mjs";
import { million } from "./rows/million.mjs";

/** Every row, in the order of the page. */
export function listRows() {
  return [bulkInsert, bulkEmbedding, million];
}
