/** Who may open a store's directory: two openers of one database destroy it. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";
import { isProcessAlive, ownCommand, ownProcess, type ProcessIdentity } from "./process-identity.ts";

/** What a lock file says of its holder. */
interface Holder extends ProcessIdentity {
  /** The machine whose processes `pid` counts. */
  readonly host: string;
  readonly command: string;
  /** Tells one taking of the lock from every other. */
  readonly nonce: string;
}

/** Whom a lock was taken over from. */
export interface LockHolder {
  readonly pid: number;
  readonly command: string;
}

/** The held lock of a directory; given up by `release`, and by the process's end. */
export class LockFile {
  /** The dead holder it was taken over from, where there was one. */
  readonly takenFrom: LockHolder | undefined;
  readonly #path: string;
  readonly #nonce: string;
  readonly #remove = (): void => {
    const holder = read(this.#path);
    if (typeof holder === "object" && holder.nonce === this.#nonce) rmSync(this.#path, { force: true });
  };

  private constructor(path: string, nonce: string, takenFrom: LockHolder | undefined) {
    this.takenFrom = takenFrom;
    this.#path = path;
    this.#nonce = nonce;
    process.once("exit", this.#remove);
  }

  /**
   * Takes the lock of `directory`, also over from a dead holder.
   * @throws MillraceError `store-locked` naming the living holder.
   */
  static take(directory: string): LockFile {
    const path = join(directory, "lock");
    const holder = thisHolder();
    const dead = acquire(path, holder);
    return new LockFile(path, holder.nonce, dead && { pid: dead.pid, command: dead.command });
  }

  /** Idempotent. */
  release(): void {
    process.off("exit", this.#remove);
    this.#remove();
  }
}

/**
 * Appearing is atomic, replacing a dead holder's file is not: so the right to replace is a lock of its own, named for
 * that dead holder, and who has it looks again before replacing. Two takers can thus never both win. Gives the dead holder.
 */
function acquire(path: string, mine: Holder): Holder | undefined {
  while (!appear(path, mine)) {
    const holder = read(path);
    if (holder === "gone") continue;
    if (holder === "unreadable") throw unreadable(path);
    if (holder.host !== mine.host || isProcessAlive(holder)) throw locked(path, holder, mine);
    const right = `${path}.after-${holder.nonce}`;
    acquire(right, mine);
    const isMine = replace(path, { dead: holder, mine });
    rmSync(right, { force: true });
    if (isMine) return holder;
  }
  return undefined;
}

/** A hard link shows the whole file or nothing, and fails where one is there. */
function appear(path: string, holder: Holder): boolean {
  const draft = write(`${path}.new-${randomUUID()}`, holder);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function replace(path: string, holders: { readonly dead: Holder; readonly mine: Holder }): boolean {
  const now = read(path);
  if (typeof now === "string" || now.nonce !== holders.dead.nonce) return false;
  renameSync(write(`${path}.new-${randomUUID()}`, holders.mine), path);
  return true;
}

function write(path: string, holder: Holder): string {
  writeFileSync(path, `${JSON.stringify(holder)}\n`, { flag: "wx", mode: 0o600, flush: true });
  return path;
}

function read(path: string): Holder | "gone" | "unreadable" {
  try {
    const content: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isHolder(content) ? content : "unreadable";
  } catch (error) {
    return hasCode(error, "ENOENT") ? "gone" : "unreadable";
  }
}

function isHolder(content: unknown): content is Holder {
  if (typeof content !== "object" || content === null) return false;
  const { pid, nonce, host, command } = content as Partial<Record<keyof Holder, unknown>>;
  return [nonce, host, command].every((part) => typeof part === "string") && Number.isInteger(pid);
}

function thisHolder(): Holder {
  return { ...ownProcess(), host: hostname(), command: ownCommand(), nonce: randomUUID() };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function locked(path: string, holder: Holder, mine: Holder): MillraceError {
  const { pid, command, host } = holder;
  const isHere = host === mine.host;
  const who = `process ${pid} (${command})${isHere ? "" : ` on ${host}`}`;
  const advice = isHere
    ? "wait for it to end, stop it, or use another store"
    : `from here nobody can tell whether it runs; if it does not, remove ${path}`;
  const message = `The store at ${directoryOf(path)} is in use by ${who}: ${advice}.`;
  return new MillraceError("store-locked", message, { details: { pid, command, host, path } });
}

function unreadable(path: string): MillraceError {
  const message = `The lock file ${path} cannot be read. If nothing uses the store, remove that file and try again.`;
  return new MillraceError("store-locked", message, { details: { path } });
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("lock") - 1);
}
