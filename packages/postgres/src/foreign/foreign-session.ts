/** Statements of this store on a connection of the caller's own library, whatever that does to values. */
import { encodeValue } from "../encode-value.ts";
import { pgError } from "../pg/pg-errors.ts";
import type { SqlSession, SqlValue } from "../sql-client.ts";

/** A value as every library passes it on untouched: text, or null. */
type ForeignValue = string | null;

/** Runs one statement in the caller's transaction and gives its rows. */
export type ForeignQuery = (text: string, values: readonly ForeignValue[]) => Promise<readonly object[]>;

/** What errors call it: which server it reaches is the caller's affair. */
const WHERE = "the caller's transaction";

/** Statements over `query`. There is no second try: what fails has ended the caller's transaction. */
export function foreignSession(query: ForeignQuery): Pick<SqlSession, "query"> {
  return {
    query: async <Row extends object>(text: string, values: readonly SqlValue[] = []) => {
      try {
        return (await query(withTextParameters(text), values.map(toText))) as readonly Row[]; // as its caller says
      } catch (error) {
        throw pgError(error, WHERE);
      }
    },
  };
}

/**
 * Has the server take every parameter as text and cast it itself. Otherwise libraries that ask the server for the
 * parameters' types would encode a JSON text as JSON once more, or an array's text as an array.
 */
function withTextParameters(text: string): string {
  return text.replace(/(\$\d+)::(?!text\b(?!\[))/g, "$1::text::");
}

function toText(value: SqlValue): ForeignValue {
  const encoded = encodeValue(value);
  return encoded instanceof Uint8Array ? `\\x${Buffer.from(encoded).toString("hex")}` : encoded;
}
