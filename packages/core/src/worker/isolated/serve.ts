/** The life of a process that runs isolated handlers: one attempt at a time, and an end when its worker is gone. */
import { writeFileSync } from "node:fs";
import { type ControlMeaning, meaningOf } from "../../job/control.ts";
import { onBehalf } from "../../job/current.ts";
import { markIsolatedProcess } from "../../job/isolation.ts";
import type { Handler } from "../../job/registry.ts";
import { MillraceError } from "../../model/errors.ts";
import { type ProcessWatch, watchProcess } from "../../runtime/process-watch.ts";
import { encodeResult } from "../record.ts";
import { IsolatedContext, type WorkerLine } from "./isolated-context.ts";
import type {
  Answer,
  Given,
  NotedMessage,
  ProcessMessage,
  ProcessStart,
  SentAttempt,
  SentEnd,
  SentEnding,
  WorkerMessage,
} from "./protocol.ts";
import { sentError, thrownOf } from "./sent-errors.ts";

/** Loads a module, and gives what of it runs jobs, by job name. */
export type LoadHandlers = (module: string) => Promise<ReadonlyMap<string, Handler>>;

/** Serves the worker that started this process, until it is gone. */
export async function serveAttempts(start: ProcessStart, load: LoadHandlers): Promise<void> {
  markIsolatedProcess();
  standAside();
  const watch = watchProcess(start);
  const send = sender(start.note);
  process.on("disconnect", leave);
  process.on("uncaughtException", (error) => send({ kind: "uncaught", error: sentError(error) }, leave));
  try {
    const handlers = await load(start.module);
    const attempts = new Attempts(handlers, watch, send);
    process.on("message", (message: WorkerMessage) => attempts.hear(message));
    send({ kind: "ready", names: [...handlers.keys()] });
  } catch (error) {
    send({ kind: "unfit", error: sentError(error) }, leave);
  }
}

/** The worker decides when to stop (it drains on Ctrl-C), and if memory runs out it must be this process that goes. */
function standAside(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
  try {
    writeFileSync("/proc/self/oom_score_adj", "800");
  } catch {
    // Not Linux, or not allowed: the process's own watch remains.
  }
}

/** Not `process.exit`: native threads may be busy, and tearing down under them can crash. Takes its group along. */
function leave(): void {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill(process.pid, "SIGKILL"); // a system without process groups
  }
}

/** Sends a message to the worker, then does what is left to do. @throws where it cannot be sent. */
type Send = (message: ProcessMessage, then?: () => void) => void;

function sender(note: string): Send {
  return (message, then) => {
    const noted: NotedMessage = { note, message };
    process.send?.(noted, undefined, undefined, (error) => {
      if (error !== null) leave();
      else then?.();
    });
  };
}

interface Waiting {
  resolve(given: Given): void;
  reject(error: unknown): void;
}

/** The attempts of one process, and what they have asked. */
class Attempts implements WorkerLine {
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #watch: ProcessWatch;
  readonly #send: Send;
  readonly #onBehalfOf = onBehalf();
  readonly #asked = new Map<number, Waiting>();
  #calls = 0;
  #context: IsolatedContext | undefined;

  constructor(handlers: ReadonlyMap<string, Handler>, watch: ProcessWatch, send: Send) {
    this.#handlers = handlers;
    this.#watch = watch;
    this.#send = send;
  }

  hear(message: WorkerMessage): void {
    switch (message.kind) {
      case "run":
        void this.#run(message.attempt);
        break;
      case "abort":
        this.#context?.abort(thrownOf(message.reason));
        break;
      case "drain":
        this.#context?.drain(thrownOf(message.reason));
        break;
      case "answer":
        this.#answered(message.call, message.answer);
        break;
    }
  }

  tell(message: ProcessMessage): void {
    this.#send(message);
  }

  ask(question: Parameters<WorkerLine["ask"]>[0]): Promise<Given> {
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      this.#send({ kind: "call", call, question });
      this.#asked.set(call, { resolve, reject });
    });
  }

  #answered(call: number, answer: Answer): void {
    const waiting = this.#asked.get(call);
    this.#asked.delete(call);
    if (answer.kind === "given") waiting?.resolve(answer);
    else waiting?.reject(thrownOf(answer.error));
  }

  async #run(sent: SentAttempt): Promise<void> {
    this.#send({ kind: "begun" });
    this.#watch.begin();
    const how = await this.#ending(sent);
    this.#context?.close();
    this.#context = undefined;
    this.#watch.end();
    this.#say(how);
  }

  /** Parts of a control that cannot be sent fail the attempt. */
  #say(how: SentEnding): void {
    const residentBytes = process.memoryUsage.rss();
    try {
      this.#send({ kind: "ended", how, residentBytes });
    } catch (error) {
      this.#send({ kind: "ended", how: { kind: "thrown", error: sentError(error) }, residentBytes });
    }
  }

  async #ending(sent: SentAttempt): Promise<SentEnding> {
    try {
      return endingOf(await this.#perform(sent).catch(controlOf));
    } catch (error) {
      return { kind: "thrown", error: sentError(error) };
    }
  }

  /** Its children's inputs are part of what a handler does. */
  async #perform(sent: SentAttempt): Promise<unknown> {
    const handler = this.#handlers.get(sent.job.name);
    if (handler === undefined) throw new MillraceError("no-handler", `no handler for "${sent.job.name}"`);
    const context = new IsolatedContext(sent, handler, this);
    this.#context = context;
    const value = await this.#onBehalfOf(context, async () => {
      context.enter();
      const input = handler.validate === undefined ? sent.payload : await handler.validate(sent.payload);
      return handler.run(input, context);
    });
    await context.checkingChildren;
    return value;
  }
}

/** A control that is thrown means what it means returned. */
function controlOf(thrown: unknown): unknown {
  if (meaningOf(thrown) === undefined) throw thrown;
  return thrown;
}

/** @throws ClassedError for a result that JSON cannot hold. */
function endingOf(value: unknown): SentEnding {
  const meaning = meaningOf(value);
  if (meaning === undefined) return { kind: "returned", json: jsonOf(value) };
  return { kind: "control", parts: meaning.parts, end: endOf(meaning) };
}

function endOf({ end }: ControlMeaning): SentEnd {
  return end.kind === "completed" ? { kind: "completed", json: jsonOf(end.result) } : end;
}

function jsonOf(result: unknown): string | undefined {
  return result === undefined ? undefined : encodeResult(result);
}
