/** Folders for the files of attempts: each removed when its attempt ends, those of dead processes swept up. */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Duration, durationMs } from "../model/duration.ts";
import { classOf } from "../model/error-class.ts";
import { ClassedError } from "../model/errors.ts";
import { messageOf } from "../model/message-of.ts";
import { badOption, refuseUnknownKeys } from "../model/options.ts";
import { systemClock } from "../runtime/clock.ts";
import { Loop, type LoopHealth, type OnError, type Service } from "../runtime/service.ts";
import type { Timing } from "../runtime/timers.ts";

/** Where `ctx.tempFolder()` makes folders. */
export interface StorageOptions {
  /** Made where it is missing; `millrace-<user id>` in the system's folder for temporary files where left out. */
  readonly tempDir?: string | undefined;
  /** How often folders of dead processes are looked for, beside at the start; a day where left out. */
  readonly cleanupInterval?: Duration | undefined;
}

/** The options, checked. */
export interface StorageSettings {
  readonly tempDir: string;
  readonly cleanupMs: number;
}

/** Users of one machine share the system's folder, and cannot write into each other's; one without a number has a folder of their own. */
export function ownName(getuid: (() => number) | undefined): string {
  return getuid === undefined ? "millrace" : `millrace-${getuid()}`;
}

/** Defaults of {@link StorageOptions}. */
export const STORAGE_DEFAULTS: { readonly tempDir: string; readonly cleanupInterval: Duration } =
  Object.freeze({
    tempDir: join(tmpdir(), ownName(process.getuid)),
    cleanupInterval: "1d",
  });

/** What {@link TempFolders} work with. */
export interface TempFoldersOptions extends StorageSettings {
  readonly timing: Timing;
  readonly onError: OnError;
}

/** A worker's folder begins so; nothing else in the directory is ever touched. */
const PREFIX = "millrace-worker-";
/** A worker that lives says so this often, by its folder's time. */
const TOUCH_MS = 60_000;
/** A folder whose worker has not said so for this long is left over. */
const STALE_MS = 600_000;
const MIN_CLEANUP_MS = 60_000;

/** Checks the options. @throws MillraceError `bad-config` naming the option and the bad value. */
export function storageSettings(options: StorageOptions = {}): StorageSettings {
  refuseUnknownKeys("storage", options, ["tempDir", "cleanupInterval"]);
  const { tempDir = STORAGE_DEFAULTS.tempDir, cleanupInterval = STORAGE_DEFAULTS.cleanupInterval } = options;
  if (typeof tempDir !== "string" || tempDir === "") {
    throw badOption("storage.tempDir", tempDir, "the path of a directory");
  }
  const cleanupMs = durationMs(cleanupInterval, "storage.cleanupInterval");
  if (cleanupMs < MIN_CLEANUP_MS) {
    throw badOption("storage.cleanupInterval", cleanupInterval, `${MIN_CLEANUP_MS} ms or more`);
  }
  return { tempDir: resolve(tempDir), cleanupMs };
}

/** One worker's folders, all in one of its own, which is made when it is first needed. */
export class TempFolders implements Service {
  readonly #options: TempFoldersOptions;
  readonly #own: string;
  readonly #loop: Loop;
  readonly #removals = new Set<Promise<void>>();
  #isMade = false;
  #sweepAtMs: number;
  #sweeps = 0;

  constructor(options: TempFoldersOptions) {
    const { timing, onError, tempDir } = options;
    this.#options = options;
    this.#own = join(tempDir, `${PREFIX}${process.pid}-${randomBytes(6).toString("hex")}`);
    this.#sweepAtMs = timing.now();
    this.#loop = new Loop({ name: "temp-folders", timing, onError, pass: () => this.#pass() });
  }

  get health(): readonly LoopHealth[] {
    return this.#loop.health;
  }

  start(): void {
    this.#sweepAtMs = this.#options.timing.now();
    this.#loop.start();
  }

  /** Removes what is left of its own. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#removals);
    if (this.#isMade) await this.#removed(this.#own);
  }

  /** A new folder, named for the job. @throws ClassedError of the class that the file system's error has. */
  async make(job: string): Promise<string> {
    try {
      await mkdir(this.#own, { recursive: true, mode: 0o700 });
      this.#touchFromNow();
      return await mkdtemp(join(this.#own, `${job}-`));
    } catch (error) {
      throw this.#refused(error);
    }
  }

  /** The same at once, for who cannot wait. */
  makeSync(name: string): string {
    try {
      mkdirSync(this.#own, { recursive: true, mode: 0o700 });
      this.#touchFromNow();
      return mkdtempSync(join(this.#own, `${name}-`));
    } catch (error) {
      throw this.#refused(error);
    }
  }

  #refused(error: unknown): ClassedError {
    const message = `no folder can be made in ${this.#options.tempDir}: ${messageOf(error)}; set storage.tempDir to a directory this user can write to`;
    return new ClassedError(classOf(error), "temp-folder", message, error);
  }

  #touchFromNow(): void {
    if (!this.#isMade) this.#loop.nudge();
    this.#isMade = true;
  }

  /** Removes a folder that was made, while others go on; trouble is reported, and left to `stop` and the sweeps. */
  remove(folder: Promise<string>): Promise<void> {
    const removal = folder.then(
      (path) => this.#removed(path),
      () => undefined, // its handler has been told
    );
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
    return removal;
  }

  #removed(path: string): Promise<void> {
    return this.#reporting(() => rm(path, { recursive: true, force: true, maxRetries: 2 }));
  }

  /** A file system that refuses is no reason to try again in a moment. */
  async #reporting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onError(error, "temp-folders");
    }
  }

  async #pass(): Promise<number> {
    const { timing, cleanupMs } = this.#options;
    if (this.#isMade) await this.#reporting(() => touched(this.#own));
    if (timing.now() >= this.#sweepAtMs) {
      await this.#reporting(() => this.#sweep());
      // What a process that died just now has left can be told from what is in use by then.
      this.#sweepAtMs =
        timing.now() + (this.#sweeps === 1 ? Math.min(STALE_MS + TOUCH_MS, cleanupMs) : cleanupMs);
    }
    const untilSweepMs = this.#sweepAtMs - timing.now();
    return this.#isMade ? Math.min(TOUCH_MS, untilSweepMs) : untilSweepMs;
  }

  async #sweep(): Promise<void> {
    const { tempDir } = this.#options;
    this.#sweeps += 1;
    const names = await readdir(tempDir).catch(noneIfMissing);
    for (const name of names) {
      const path = join(tempDir, name);
      if (!name.startsWith(PREFIX) || path === this.#own) continue;
      const touchedAtMs = (await stat(path).catch(() => undefined))?.mtimeMs; // gone meanwhile, or not ours
      if (touchedAtMs !== undefined && systemClock.now() - touchedAtMs >= STALE_MS) await this.#removed(path);
    }
  }
}

function touched(path: string): Promise<void> {
  const now = new Date(systemClock.now());
  return utimes(path, now, now);
}

function noneIfMissing(error: unknown): readonly string[] {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
  throw error;
}
