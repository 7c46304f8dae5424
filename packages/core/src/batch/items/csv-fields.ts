/** The fields of a CSV record, and a record of fields. */
import { QUOTE } from "./scan-record.ts";
import { utf8 } from "./split-lines.ts";
import type { RawRecord } from "./split-records.ts";

/** The fields as text, without their quotes. @throws ClassedError of class validation where they are not UTF-8. */
export function fieldsOf(
  { bytes, ends, isQuoted }: Pick<RawRecord, "bytes" | "ends" | "isQuoted">,
  delimiter: number,
): string[] {
  if (!isQuoted) return utf8(bytes).split(String.fromCharCode(delimiter));
  let start = 0;
  return ends.map((end) => {
    const field = bytes.subarray(start, end);
    start = end + 1;
    if (field[0] !== QUOTE) return utf8(field);
    return utf8(field.subarray(1, -1)).replaceAll('""', '"');
  });
}
