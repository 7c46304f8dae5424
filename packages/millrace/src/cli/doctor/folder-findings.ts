/** What to say of an embedded store's folder: who has it, and how much room its disk has. */
import { statfs } from "node:fs/promises";
import { MillraceError } from "@millrace/core";
import { oneLine } from "../error-line.ts";
import { megabytes } from "../words.ts";
import { type Finding, ok, problem } from "./finding.ts";

/** Less room than this is worth a finding: a checkpoint and a vacuum need some of their own. */
const LEAST_FREE_BYTES = 256_000_000;

/** How much room the disk under the folder has. */
export async function diskFinding(directory: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const what = "disk";
  const says = `${megabytes(free)} free`;
  if (free >= LEAST_FREE_BYTES) return ok({ what, where: directory, says });
  const todo = `make room (millrace wants ${megabytes(LEAST_FREE_BYTES)}); when it is full, work stops, and nothing is lost`;
  return problem({ what, where: directory, says, todo });
}

/** What keeps a store from being opened. */
export function notOpenedFinding(error: unknown, where: string): Finding {
  const says = oneLine(error);
  if (error instanceof MillraceError && error.code === "store-locked") {
    const todo = "look again when that process has ended, or stop it: an embedded store has one opener";
    return problem({ what: "lock", where, says, todo });
  }
  return problem({ what: "store", where, says, todo: "mend what the message says, then look again" });
}
