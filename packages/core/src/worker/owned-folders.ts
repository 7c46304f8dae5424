/** Folders for files that outlast attempts, owned by a part of a program as a worker owns those of its attempts. */
import { guardOnError, type OnError } from "../runtime/service.ts";
import { systemTiming, type Timing } from "../runtime/timers.ts";
import { type StorageOptions, storageSettings, TempFolders } from "./temp-folders.ts";

/** Folders of one owner, in one of its own. */
export interface OwnedFolders {
  /** A new, empty folder whose name begins so. @throws ClassedError where the file system refuses. */
  make(name: string): Promise<string>;
  /** The same at once: a process to be started in it cannot wait. */
  makeSync(name: string): string;
  /** Removes a folder that was made; resolves when it is gone, or its trouble is reported. */
  remove(folder: Promise<string>): Promise<void>;
  /** Removes all that is left. */
  stop(): Promise<void>;
}

/** What owned folders work with. */
export interface OwnedFoldersPorts {
  /** Told of folders that cannot be removed or looked through; nothing ends for that. */
  readonly onError: OnError;
  readonly timing?: Timing | undefined;
}

/**
 * Folders under `storage.tempDir`. At the start and every `storage.cleanupInterval`, what dead owners and workers have
 * left there is removed: what nobody has touched for ten minutes. The process does not stay alive for it.
 * @throws MillraceError `bad-config` for options that are wrong.
 */
export function ownFolders(
  options: StorageOptions | undefined,
  { onError, timing = systemTiming }: OwnedFoldersPorts,
): OwnedFolders {
  const folders = new TempFolders({ ...storageSettings(options), timing, onError: guardOnError(onError) });
  folders.start();
  return {
    make: (name) => folders.make(name),
    makeSync: (name) => folders.makeSync(name),
    remove: (folder) => folders.remove(folder),
    stop: () => folders.stop(),
  };
}
