/** The folder of an attempt: made when its handler first asks, one for all it asks. */
import { MillraceError } from "../model/errors.ts";
import type { Attempt } from "./attempt.ts";
import type { TempFolders } from "./temp-folders.ts";

/** Who makes them. */
export type AttemptFolders = Pick<TempFolders, "make">;

/** Its path. @throws MillraceError `bad-usage` once the attempt is over, and what the file system throws. */
export async function folderOf(attempt: Attempt, folders: AttemptFolders): Promise<string> {
  const { id, name } = attempt.holder.job;
  if (attempt.isOver) {
    throw new MillraceError("bad-usage", `this attempt of job ${id} (${name}) is over: it gets no folder`);
  }
  attempt.tempFolder ??= folders.make(id);
  return attempt.tempFolder;
}
