/** The pool's side of one child process: start it, ask it, watch it, kill it. */
import { type ChildProcess, fork } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { MillraceError, type OwnedFolders } from "@millrace/core";
import { type ChildMessage, type ChildRequest, MEMORY_LIMIT_NOTE, type WindowResult } from "./protocol.ts";
import { residentBytes } from "./resident-memory.ts";
import { WindowError } from "./window-error.ts";

const WATCH_EVERY_MS = 100;
/** Starting takes a fraction of a second; on a machine so busy that it takes this long, trying again is better. */
const START_TIMEOUT_MS = 60_000;
const KEPT_STDERR_CHARACTERS = 2_000;

/** How a child is started. */
export interface ChildOptions {
  /** Path of its program. */
  readonly entry: string;
  /** Resident bytes past which it is killed. */
  readonly maxRssBytes: number;
  /** Who owns the folder it works in, where its parsers' temporary files go. */
  readonly folders: OwnedFolders;
}

/** The limits of one request. */
export interface RequestLimits {
  readonly signal: AbortSignal;
  /** Milliseconds it may take, asked when it reaches a child that has started. */
  timeoutMs(): number;
}

interface Pending {
  readonly request: ChildRequest;
  readonly limits: RequestLimits;
  timeout: NodeJS.Timeout | undefined;
  resolve(result: WindowResult): void;
  reject(error: unknown): void;
}

/** One child process. It has at most one request at a time. */
export class ChildHandle {
  readonly #options: ChildOptions;
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #startTimeout: NodeJS.Timeout;
  #ready = false;
  #alive = true;
  #served = 0;
  #rssBytes = 0;
  #stderr = "";
  #pending: Pending | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#folder = options.folders.makeSync("parser");
    this.#process = start(options, this.#folder);
    this.#startTimeout = setTimeout(() => void this.kill(), START_TIMEOUT_MS).unref();
    this.#process.on("message", (message: ChildMessage) => this.#onMessage(message));
    this.#process.stderr?.on("data", (text) => {
      this.#stderr = (this.#stderr + String(text)).slice(-KEPT_STDERR_CHARACTERS);
    });
    this.#exited = new Promise((resolve) => {
      this.#process.once("error", (error) => this.#onGone(error.message, resolve));
      this.#process.once("close", (code, signal) => this.#onGone(`ended with ${signal ?? code}`, resolve));
    });
    this.#setReferenced(false);
  }

  /** False once the process has ended or was told to. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Resident bytes when last seen. */
  get rssBytes(): number {
    return this.#rssBytes;
  }

  /**
   * One request.
   * @throws WindowError when the child refuses, crashes or passes a limit; the signal's reason when aborted.
   */
  async perform(request: ChildRequest, limits: RequestLimits): Promise<WindowResult> {
    limits.signal.throwIfAborted();
    const stopWatching = this.#watch(limits.signal);
    this.#setReferenced(true);
    try {
      return await new Promise<WindowResult>((resolve, reject) => {
        this.#pending = { request, limits, resolve, reject, timeout: undefined };
        if (this.#ready) this.#begin(this.#pending);
      });
    } finally {
      clearTimeout(this.#pending?.timeout);
      this.#pending = undefined;
      this.#served += 1;
      stopWatching();
      if (this.#alive) await emptied(this.#folder);
      this.#setReferenced(false);
    }
  }

  /** Ends the process at once; resolves when it is gone. */
  kill(): Promise<void> {
    this.#alive = false;
    this.#setReferenced(true); // else the parent could end before it has seen the child go
    this.#process.kill("SIGKILL");
    return this.#exited;
  }

  /** An idle child must not keep its parent running; one on its way out must. */
  #setReferenced(referenced: boolean): void {
    const verb = referenced || !this.#alive ? "ref" : "unref";
    this.#process[verb]();
    this.#process.channel?.[verb]();
    (this.#process.stderr as Socket | null)?.[verb](); // a pipe's stream is a socket
  }

  /** The clock of a request starts here: a document does not pay for the start of a process. */
  #begin(pending: Pending): void {
    const timeoutMs = pending.limits.timeoutMs();
    // The answer may be there already, unread because this process was busy: read first, then judge.
    const judge = () => setImmediate(() => this.#judge(pending, timeoutMs));
    pending.timeout = setTimeout(judge, timeoutMs);
    this.#process.send(pending.request, (error) => {
      if (error !== null) void this.kill();
    });
  }

  #judge(pending: Pending, timeoutMs: number): void {
    if (this.#pending !== pending) return;
    const seconds = (timeoutMs / 1_000).toFixed(1);
    this.#fail(new WindowError("timeout", `the parser gave no answer within ${seconds} s`));
  }

  #watch(signal: AbortSignal): () => void {
    const onAbort = () => this.#fail(signal.reason);
    const memory = setInterval(() => this.#checkMemory(), WATCH_EVERY_MS);
    signal.addEventListener("abort", onAbort, { once: true });
    return () => {
      clearInterval(memory);
      signal.removeEventListener("abort", onAbort);
    };
  }

  #checkMemory(): void {
    const bytes = this.#process.pid === undefined ? undefined : residentBytes(this.#process.pid);
    if (bytes === undefined) return;
    this.#rssBytes = bytes;
    if (bytes > this.#options.maxRssBytes) this.#fail(this.#outOfMemory());
  }

  #onMessage(message: ChildMessage): void {
    if (message.kind === "ready") {
      this.#ready = true;
      clearTimeout(this.#startTimeout);
      if (this.#pending !== undefined) this.#begin(this.#pending);
      return;
    }
    this.#rssBytes = message.rss;
    if (message.kind === "done") this.#pending?.resolve(message.result);
    else this.#pending?.reject(new WindowError(message.reason, message.message));
  }

  #onGone(how: string, resolve: () => void): void {
    this.#alive = false;
    clearTimeout(this.#startTimeout);
    this.#pending?.reject(this.#causeOfDeath(how));
    void this.#options.folders.remove(Promise.resolve(this.#folder)).then(resolve);
  }

  #causeOfDeath(how: string): Error {
    if (this.#stderr.includes(MEMORY_LIMIT_NOTE)) return this.#outOfMemory();
    const lastWords = this.#stderr.trim().split("\n").at(-1) ?? "";
    const told = lastWords === "" ? how : `${how}: ${lastWords}`;
    if (this.#ready) return new WindowError("parser-crash", `the parser ${told}`, this.#served === 0);
    return new MillraceError(
      "unsupported",
      `the extraction program ${this.#options.entry} ${told} at its start`,
    );
  }

  #outOfMemory(): WindowError {
    const limit = Math.round(this.#options.maxRssBytes / 1_000_000);
    return new WindowError("parser-crash", `the parser used more than ${limit} MB`, this.#served === 0);
  }

  /** The answer is known without the child: it goes. */
  #fail(error: unknown): void {
    this.#pending?.reject(error);
    void this.kill();
  }
}

/** An engine's answer is made of many small objects, dead at once: with room for them V8 need not copy any. */
const YOUNG_HEAP = ["--min-semi-space-size=32", "--max-semi-space-size=32"];

/** Removes what a document left. What cannot be removed goes with the folder, when the child does. */
async function emptied(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.allSettled(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** No environment but the place for temporary files, no input, no output but the tail of its complaints. */
function start({ entry, maxRssBytes }: ChildOptions, folder: string): ChildProcess {
  const heapMegabytes = Math.max(64, Math.round((maxRssBytes * 0.6) / 1_048_576));
  const child = fork(entry, [String(maxRssBytes)], {
    cwd: folder,
    env: { TMPDIR: folder },
    execArgv: [`--max-old-space-size=${heapMegabytes}`, ...YOUNG_HEAP],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  (child.stderr as Socket | null)?.unref(); // a pipe's stream is a socket
  return child;
}
