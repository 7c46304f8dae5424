/** An attempt whose handler runs in another process: passes on what it says, and what it is to hear. */
import { type Control, makeControl } from "../../job/control.ts";
import type { Limits } from "../../job/limits.ts";
import type { NewJob } from "../../model/job.ts";
import type { Store } from "../../store/store.ts";
import type { Attempt } from "../attempt.ts";
import { jobInfo } from "../attempt-context.ts";
import { type AttemptFolders, folderOf } from "../attempt-folder.ts";
import { childPage } from "../child-results.ts";
import type { Performed, ProcessTask, Spoken } from "./isolated-process.ts";
import type { Answer, Given, Question, SentAttempt, SentEnd, WorkerMessage } from "./protocol.ts";
import { sentError, thrownOf } from "./sent-errors.ts";

/** What an {@link IsolatedAttempt} works with. */
export interface IsolatedAttemptOptions {
  readonly attempt: Attempt;
  readonly store: Pick<Store, "find">;
  readonly tempFolders: AttemptFolders;
  readonly limits: Limits;
  /** The handler is called. */
  onBegun(): void;
}

/** The worker's end of the line. */
export class IsolatedAttempt implements ProcessTask {
  readonly #options: IsolatedAttemptOptions;
  readonly sent: SentAttempt;
  #process: Parameters<ProcessTask["attach"]>[0] | undefined;
  readonly #onAbort = () => this.#tellStop("abort", this.#holder.signal);
  readonly #onDrain = () => this.#tellStop("drain", this.#holder.draining);

  constructor(options: IsolatedAttemptOptions) {
    this.#options = options;
    const { holder, envelope } = options.attempt;
    const { attempt, token, children } = holder.job;
    this.sent = {
      payload: envelope?.payload,
      job: jobInfo(holder, envelope),
      attempt,
      fence: token,
      checkpoint: holder.checkpoint,
      children,
    };
  }

  get #holder() {
    return this.#options.attempt.holder;
  }

  get stopReason(): Error | undefined {
    const { cause } = this.#holder;
    return cause === undefined ? undefined : this.#holder.reasonOf(cause);
  }

  attach(process: Parameters<ProcessTask["attach"]>[0]): void {
    this.#process = process;
    this.#holder.onReclaim(() => void process.kill(this.stopReason));
  }

  begun(): void {
    const { signal, draining } = this.#holder;
    this.#options.onBegun();
    signal.addEventListener("abort", this.#onAbort, { once: true });
    draining.addEventListener("abort", this.#onDrain, { once: true });
    if (draining.aborted) this.#onDrain();
    if (signal.aborted) this.#onAbort();
  }

  heard(message: Spoken): void {
    const { reports } = this.#holder;
    switch (message.kind) {
      case "progress":
        reports?.progress(message.text);
        break;
      case "log":
        reports?.log(message.level, message.message);
        break;
      case "child":
        this.#addChild(message.job);
        break;
      case "call":
        void this.#answer(message.question).then((answer) => {
          this.#process?.tell({ kind: "answer", call: message.call, answer });
        });
    }
  }

  /** A message is nobody's to catch: what comes when the attempt is over or lost changes nothing. */
  #addChild(job: NewJob): void {
    try {
      this.#holder.addChild({ job });
    } catch {
      // Its handler has been told, or is about to be.
    }
  }

  /** What the handler returned; throws what it threw. */
  conclude(performed: Performed): unknown {
    this.#holder.signal.removeEventListener("abort", this.#onAbort);
    this.#holder.draining.removeEventListener("abort", this.#onDrain);
    switch (performed.kind) {
      case "returned":
        return parsed(performed.json);
      case "control":
        return controlOf(performed);
      case "thrown":
        throw thrownOf(performed.error);
      case "crashed":
      case "unbegun":
        throw performed.error;
    }
  }

  async #answer(question: Question): Promise<Answer> {
    try {
      return { kind: "given", ...(await this.#given(question)) };
    } catch (error) {
      return { kind: "refused", error: sentError(error) };
    }
  }

  async #given(question: Question): Promise<Given> {
    const { attempt, store, tempFolders, limits } = this.#options;
    switch (question.verb) {
      case "children":
        return { page: await childPage(store, this.#holder.job.id, question.after) };
      case "tempFolder":
        return { folder: await folderOf(attempt, tempFolders) };
      case "left":
        return { left: await limits.left(question.key) };
      case "hold":
        await limits.hold(question.key, question.ms, question.reason);
        return {};
      case "save":
        await this.#holder.save(question.parts);
        return {};
    }
  }

  #tellStop(kind: "abort" | "drain", signal: AbortSignal): void {
    const message: WorkerMessage = { kind, reason: sentError(signal.reason) };
    this.#process?.tell(message);
  }
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}

function controlOf({ parts, end }: Extract<Performed, { kind: "control" }>): Control {
  return makeControl({ parts, end: endOf(end) });
}

function endOf(end: SentEnd) {
  return end.kind === "completed" ? ({ kind: "completed", result: parsed(end.json) } as const) : end;
}
