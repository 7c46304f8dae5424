/** What a run takes out of its collection beside what it replaces: the clean-up modes. */
import { MillraceError } from "@millrace/core";

/** All modes; see {@link CleanupMode}. */
export const CLEANUP_MODES = ["none", "incremental", "full", "scoped-full"] as const;

/**
 * What leaves the collection. A changed file's document takes the place of its old one in every mode.
 *
 * | mode | document of a file that cannot be parsed any more | of a file that is gone from the run's paths | of a file elsewhere |
 * |---|---|---|---|
 * | `none` | stays | stays | stays |
 * | `incremental` | goes | stays | stays |
 * | `scoped-full` (the default) | goes | goes | stays |
 * | `full` | goes | goes | goes |
 *
 * What could not be looked at stays in every mode: an unreadable file, or whatever lies in an unreadable folder.
 */
export type CleanupMode = (typeof CLEANUP_MODES)[number];

/** The mode where none is given. */
export const DEFAULT_CLEANUP: CleanupMode = "scoped-full";

/** The mode of that name. @throws MillraceError `bad-input` naming the modes there are. */
export function cleanupMode(name: string | undefined): CleanupMode {
  if (name === undefined) return DEFAULT_CLEANUP;
  const mode = CLEANUP_MODES.find((each) => each === name);
  if (mode !== undefined) return mode;
  throw new MillraceError(
    "bad-input",
    `there is no clean-up mode ${JSON.stringify(name)}: it is one of ${CLEANUP_MODES.join(", ")}`,
  );
}
