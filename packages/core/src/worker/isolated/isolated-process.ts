/** The worker's side of one process for isolated handlers: start it, have it perform attempts, watch it end. */
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { type Isolation, isolationKey } from "../../job/isolation.ts";
import { ClassedError } from "../../model/errors.ts";
import { systemTiming } from "../../runtime/timers.ts";
import { type ForkOptions, forkProcess, killGroup } from "./fork-process.ts";
import { type Death, errorOfDeath } from "./process-death.ts";
import { type OutputStream, ProcessOutput } from "./process-output.ts";
import type { NotedMessage, ProcessMessage, SentAttempt, SentEnding, WorkerMessage } from "./protocol.ts";
import { thrownOf } from "./sent-errors.ts";
import { lacking, unloadable, unloaded } from "./unfit-module.ts";

/** How a process is started, and whom it tells. */
export interface IsolatedProcessOptions extends Omit<ForkOptions, "note"> {
  /** A line it printed. */
  onLine(line: PrintedLine): void;
  /** It has ended, or was given up. Called once; with an error where it had nothing to do, and nobody told it to end. */
  onGone(error: unknown): void;
}

/** What a process printed, and for which job. */
export interface PrintedLine {
  readonly stream: OutputStream;
  readonly line: string;
  readonly pid: number;
  readonly job: { readonly id: string; readonly name: string } | undefined;
}

/** An attempt as a process performs it. */
export interface ProcessTask {
  readonly sent: SentAttempt;
  /** Why the handler need not be called any more, if it need not. */
  readonly stopReason: Error | undefined;
  /** The process has it from now on; what it is to hear goes to `tell`, and `kill` ends it. */
  attach(process: Pick<IsolatedProcess, "tell" | "kill">): void;
  /** The handler is called now. */
  begun(): void;
  /** The handler says or asks something. */
  heard(message: Spoken): void;
}

/** What a handler says while it runs. */
export type Spoken = Extract<ProcessMessage, { kind: "progress" | "log" | "child" | "call" }>;

/** How it went; `unbegun`: the handler was not called, another process may be tried. */
export type Performed =
  | SentEnding
  | { readonly kind: "crashed"; readonly error: unknown }
  | { readonly kind: "unbegun"; readonly error: unknown };

/** Loading a module takes a fraction of a second; one that takes this long is not coming. */
const START_TIMEOUT_MS = 60_000;
/** A killed process is gone within milliseconds, unless the system itself hangs. */
const KILL_PATIENCE_MS = 5_000;
/** What a process printed last may arrive after its end. */
const LAST_WORDS_MS = 500;

interface Task {
  readonly task: ProcessTask;
  hasBegun: boolean;
  done(performed: Performed): void;
}

/** One process. It has at most one attempt at a time. */
export class IsolatedProcess {
  readonly #options: IsolatedProcessOptions;
  readonly #child: ChildProcess;
  readonly #key: string;
  readonly #output: ProcessOutput;
  readonly #note: string = `millrace-${randomUUID()}`;
  /** Names of the jobs the module has, or why it has none. Does not reject. */
  readonly #loaded: Promise<Loaded>;
  readonly #gone: Promise<void>;
  #tellLoaded: (loaded: Loaded) => void = () => undefined;
  #tellGone: () => void = () => undefined;
  #task: Task | undefined;
  #lastJob: PrintedLine["job"];
  #isAlive = true;
  #isLoaded = false;
  #hasExited = false;
  #isOver = false;
  #served = 0;
  #residentBytes = 0;
  #killedFor: { readonly reason: unknown } | undefined;
  #uncaught: Death["uncaught"];

  /** @throws where the system starts no process at all. */
  constructor(options: IsolatedProcessOptions) {
    this.#options = options;
    this.#loaded = new Promise((resolve) => {
      this.#tellLoaded = resolve;
    });
    this.#gone = new Promise((resolve) => {
      this.#tellGone = resolve;
    });
    this.#key = isolationKey(options.isolation);
    this.#child = forkProcess({ ...options, note: this.#note });
    this.#output = new ProcessOutput(this.#note, (stream, line) => this.#printed(stream, line));
    this.#listen();
    const late = unloaded(options.isolation, START_TIMEOUT_MS / 1_000);
    const cancel = systemTiming.after(START_TIMEOUT_MS, () => void this.kill(late));
    void this.#loaded.then(cancel);
  }

  get isolation(): Isolation {
    return this.#options.isolation;
  }

  /** Handlers of this key share the process. */
  get key(): string {
    return this.#key;
  }

  /** False once it has ended or was told to. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isBusy(): boolean {
    return this.#task !== undefined;
  }

  /** Attempts it has performed. */
  get served(): number {
    return this.#served;
  }

  /** Bytes in memory after the last attempt. */
  get residentBytes(): number {
    return this.#residentBytes;
  }

  /** Resolves once the module is loaded and has the job. @throws MillraceError `bad-config` where it has not. */
  async check(name: string): Promise<void> {
    const loaded = await this.#loaded;
    if (loaded.kind === "failed") throw loaded.error;
    if (!loaded.names.includes(name)) throw lacking(this.#options.isolation, name, loaded.names);
  }

  /** Performs an attempt; never rejects. */
  async perform(task: ProcessTask): Promise<Performed> {
    const performed = new Promise<Performed>((done) => {
      this.#task = { task, hasBegun: false, done };
    });
    this.#lastJob = task.sent.job; // what it prints may arrive after its end
    task.attach(this);
    try {
      await this.check(task.sent.job.name);
      if (task.stopReason !== undefined) return { kind: "unbegun", error: task.stopReason };
      this.tell({ kind: "run", attempt: task.sent });
      return await performed;
    } catch (error) {
      return { kind: "unbegun", error };
    } finally {
      this.#served += 1;
      this.#task = undefined;
    }
  }

  tell(message: WorkerMessage): void {
    // Whatever keeps it from arriving ends the process, which is seen by itself.
    this.#child.send(message, () => undefined);
  }

  /** Ends it and its group at once, its attempt with this reason; resolves when it is gone. */
  kill(reason: unknown): Promise<void> {
    this.#killedFor ??= { reason };
    this.#isAlive = false;
    if (this.#hasExited) return this.#gone;
    killGroup(this.#child);
    systemTiming.after(KILL_PATIENCE_MS, () => this.#ended(null, "SIGKILL"));
    return this.#gone;
  }

  #listen(): void {
    const child = this.#child;
    child.on("message", (message: unknown) => {
      if (isNoted(message, this.#note)) this.#hear(message.message);
    });
    child.on("error", (error) => this.#failedToStart(error));
    child.once("exit", (code, signal) => {
      this.#isAlive = false;
      this.#hasExited = true;
      killGroup(this.#child); // processes it has started itself
      systemTiming.after(LAST_WORDS_MS, () => this.#ended(code, signal));
    });
    child.once("close", (code, signal) => this.#ended(code, signal));
    this.#output.read(child);
  }

  #printed(stream: OutputStream, line: string): void {
    this.#options.onLine({ stream, line, pid: this.#child.pid ?? 0, job: this.#lastJob });
  }

  #hear(message: ProcessMessage): void {
    switch (message.kind) {
      case "ready":
        this.#isLoaded = true;
        this.#tellLoaded({ kind: "loaded", names: message.names });
        break;
      case "unfit":
        this.#tellLoaded({
          kind: "failed",
          error: unloadable(this.#options.isolation, thrownOf(message.error)),
        });
        break;
      case "uncaught":
        this.#isAlive = false; // it is about to end itself
        this.#uncaught = { error: thrownOf(message.error) };
        break;
      case "begun":
        this.#begun();
        break;
      case "ended":
        this.#residentBytes = message.residentBytes;
        this.#task?.done(message.how);
        break;
      default:
        this.#task?.task.heard(message);
    }
  }

  #begun(): void {
    if (this.#task === undefined) return;
    this.#task.hasBegun = true;
    this.#task.task.begun();
  }

  #failedToStart(error: Error): void {
    if (this.#child.pid !== undefined) return; // a message that did not arrive
    this.#killedFor ??= {
      reason: new ClassedError("crashed", "no-process", `no process could be started: ${error.message}`),
    };
    this.#ended(null, null);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isAlive = false;
    const error = this.#causeOfDeath(code, signal);
    const isStray = this.#isLoaded && this.#task === undefined && this.#killedFor === undefined;
    this.#tellLoaded({ kind: "failed", error });
    this.#task?.done({ kind: this.#task.hasBegun ? "crashed" : "unbegun", error });
    this.#options.onGone(isStray ? error : undefined);
    this.#tellGone();
  }

  #causeOfDeath(code: number | null, signal: NodeJS.Signals | null): unknown {
    if (this.#killedFor !== undefined) return this.#killedFor.reason;
    const { isolation } = this.#options;
    return errorOfDeath({
      isolation,
      code,
      signal,
      limit: this.#output.limit,
      isHeapFull: this.#output.isHeapFull,
      uncaught: this.#uncaught,
    });
  }
}

/** Handlers may send messages of their own, which are nobody's. */
function isNoted(message: unknown, note: string): message is NotedMessage {
  return typeof message === "object" && message !== null && "note" in message && message.note === note;
}

type Loaded =
  | { readonly kind: "loaded"; readonly names: readonly string[] }
  | { readonly kind: "failed"; readonly error: unknown };
