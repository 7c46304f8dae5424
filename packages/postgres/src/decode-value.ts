/** How columns of a row become JavaScript values, the same for every engine. */

/** Makes a value of PostgreSQL's text for it. */
export type Decode = (text: string) => unknown;

const BOOL = 16;
const BYTEA = 17;
const INT2 = 21;
const INT4 = 23;
const OID = 26;
const FLOAT4 = 700;
const FLOAT8 = 701;

/** The decoder for a column's type; types without one of their own stay text. */
export function decoderOf(typeId: number): Decode {
  switch (typeId) {
    case BOOL:
      return decodeBool;
    case BYTEA:
      return decodeBytea;
    case INT2:
    case INT4:
    case OID:
    case FLOAT4:
    case FLOAT8:
      return Number;
    default:
      return asText;
  }
}

function decodeBool(text: string): boolean {
  return text === "t";
}

function decodeBytea(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), "hex"));
}

function asText(text: string): string {
  return text;
}
