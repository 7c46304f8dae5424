/** Rows as PostgreSQL's text COPY format, in chunks of bounded size. */

const CHUNK_CHARACTERS = 1_048_576;
const NULL = "\\N";
const ENCODER = new TextEncoder();

/**
 * Encodes rows for `COPY … FROM STDIN`, whatever the types of the columns: each value is the text PostgreSQL reads for
 * its type, or null. Chunks are made as they are asked for, in memory of their own, and belong to the caller.
 */
export function* encodeCopyText(rows: Iterable<readonly (string | null)[]>): Generator<Uint8Array> {
  let held = "";
  for (const row of rows) {
    held += `${row.map(fieldOf).join("\t")}\n`;
    if (held.length < CHUNK_CHARACTERS) continue;
    yield ENCODER.encode(held);
    held = "";
  }
  if (held !== "") yield ENCODER.encode(held);
}

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function fieldOf(value: string | null): string {
  return value === null ? NULL : value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
}
