/** How much memory and text a value is, roughly: what a step holds and sends at once is bounded by it. Pure. */

/** Most that is gathered for one write, beside the last item that goes over it. */
export const MAX_GATHERED_BYTES = 16_777_216;

const PLAIN_BYTES = 8;
const AROUND_BYTES = 3;
const MAX_DEPTH = 64;

/** Of a JSON value; what is none, or cannot be looked at, counts as little. Stops counting at `upTo`. */
export function roughBytes(value: unknown, upTo: number = MAX_GATHERED_BYTES): number {
  try {
    return counted(value, upTo, 0);
  } catch {
    return PLAIN_BYTES; // behind a getter that throws; whoever needs the value will say so
  }
}

function counted(value: unknown, upTo: number, depth: number): number {
  if (typeof value === "string") return value.length + AROUND_BYTES;
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return PLAIN_BYTES;
  let bytes = AROUND_BYTES;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && bytes < upTo; at += 1)
      bytes += counted(value[at], upTo - bytes, depth + 1);
    return bytes;
  }
  for (const [name, member] of Object.entries(value)) {
    bytes += name.length + counted(member, upTo - bytes, depth + 1);
    if (bytes >= upTo) break;
  }
  return bytes;
}
