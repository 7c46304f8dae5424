/** Names of tables and columns, quoted as SQL takes them. */
import { badOption } from "../../model/options.ts";

/** Longest name PostgreSQL keeps whole. */
const MAX_BYTES = 63;

/** The name in double quotes: exactly this one, whatever it is made of. @throws MillraceError `bad-config` naming the option. */
export function quotedName(option: string, name: unknown): string {
  const isName = typeof name === "string" && name !== "" && !name.includes("\0");
  if (isName && name.isWellFormed() && Buffer.byteLength(name) <= MAX_BYTES) {
    return `"${name.replaceAll('"', '""')}"`;
  }
  throw badOption(option, name, `a name of 1 to ${MAX_BYTES} bytes`);
}
