/** The context of a handler in a process of its own: what an inline one is given, asked of the worker where it must be. */
import { AsyncResource } from "node:async_hooks";
import type { JobContext, JobInfo } from "../../job/context.ts";
import {
  makeControl,
  partsOf,
  type SuspendParts,
  type WaitParts,
  type WriteParts,
} from "../../job/control.ts";
import { holdMs, type Limits } from "../../job/limits.ts";
import type { Handler } from "../../job/registry.ts";
import type { JobLog } from "../../job/report.ts";
import type { ChildTally } from "../../model/children.ts";
import type { Duration } from "../../model/duration.ts";
import { MillraceError } from "../../model/errors.ts";
import type { Token } from "../../model/ids.ts";
import { checkPolicy } from "../../store/write-checks.ts";
import { jobLog, policyOf, snoozeOf } from "../attempt-context.ts";
import { LeaseLost } from "../lease-lost.ts";
import { progressText } from "../progress-text.ts";
import type { Given, ProcessMessage, Question, SentAttempt } from "./protocol.ts";

/** The way to the worker. */
export interface WorkerLine {
  tell(message: ProcessMessage): void;
  ask(question: Question): Promise<Given>;
}

/** Its methods are bound, so that a handler may take the context apart. */
export class IsolatedContext implements JobContext {
  readonly job: JobInfo;
  readonly tenant: string;
  readonly attempt: number;
  readonly fence: Token;
  readonly children: ChildTally | undefined;
  readonly log: JobLog;
  readonly #newChild: Handler["newChild"];
  readonly #line: WorkerLine;
  readonly #abort = new AbortController();
  readonly #drain = new AbortController();
  #scope: AsyncResource | undefined;
  #checkpoint: string | undefined;
  #checking: Promise<unknown> | undefined;
  #isOver = false;

  constructor(sent: SentAttempt, { newChild }: Handler, line: WorkerLine) {
    this.job = Object.freeze(sent.job);
    this.tenant = sent.job.tenant;
    this.attempt = sent.attempt;
    this.fence = sent.fence;
    this.children = sent.children;
    this.#checkpoint = sent.checkpoint;
    this.#newChild = newChild;
    this.#line = line;
    this.log = jobLog((level, message) => this.#tell({ kind: "log", level, message: String(message) }));
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get draining(): AbortSignal {
    return this.#drain.signal;
  }

  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /** @throws MillraceError `bad-usage`: a transaction belongs to the worker's connection. */
  get transaction(): undefined {
    throw noTransaction("ctx.transaction");
  }

  /** Called where the handler runs: its signals' listeners are called there. */
  enter(): void {
    this.#scope = new AsyncResource("MillraceHandler");
  }

  /** The worker says that the attempt must stop. */
  abort(reason: unknown): void {
    this.#scope?.runInAsyncScope(() => this.#abort.abort(reason));
  }

  /** The worker says that it drains. */
  drain(reason: unknown): void {
    this.#scope?.runInAsyncScope(() => this.#drain.abort(reason));
  }

  /** Rejects where a child's input turns out to be bad; `undefined` where none is still being checked. */
  get checkingChildren(): Promise<unknown> | undefined {
    return this.#checking;
  }

  /** The handler is done: what it still says is not heard. */
  close(): void {
    this.#isOver = true;
  }

  readonly progress: JobContext["progress"] = (progress) =>
    this.#tell({ kind: "progress", text: progressText(progress) });

  readonly enqueueChild: JobContext["enqueueChild"] = (definition, input, options = {}) => {
    this.#refuseOver();
    if (this.#newChild === undefined) {
      throw new MillraceError("bad-usage", `jobs named "${this.job.name}" have no ctx.enqueueChild`);
    }
    const { job, checking } = this.#newChild({ definition, input, options, parent: this.job });
    this.#tell({ kind: "child", job });
    if (checking !== undefined) {
      this.#checking = Promise.all([this.#checking, checking]);
      this.#checking.catch(() => undefined); // who writes the children has the rejection
    }
    return job.id;
  };

  readonly waitForChildren: JobContext["waitForChildren"] = (parts: WaitParts = {}) => {
    const policy = policyOf(parts.policy);
    checkPolicy(policy);
    return makeControl({ parts: partsOf(parts), end: { kind: "suspended", wakeAt: 0, policy } });
  };

  readonly childResults: JobContext["childResults"] = () => pages(this.#line);

  readonly save: JobContext["save"] = async (parts, transaction) => {
    if (transaction !== undefined) throw noTransaction("ctx.save in a transaction");
    this.#refuseOver();
    await this.#checking;
    await this.#line.ask({ verb: "save", parts: partsOf(parts) });
    if (parts.checkpoint !== undefined) this.#checkpoint = parts.checkpoint;
  };

  readonly tempFolder: JobContext["tempFolder"] = async () => {
    this.#refuseOver();
    const { folder } = await this.#line.ask({ verb: "tempFolder" });
    return folder as string; // the worker's answer to this question
  };

  readonly complete: JobContext["complete"] = (result, parts: WriteParts = {}) =>
    makeControl({ parts: partsOf(parts), end: { kind: "completed", result } });

  readonly suspend: JobContext["suspend"] = (parts: SuspendParts = {}) =>
    makeControl({ parts: partsOf(parts), end: { kind: "suspended", wakeAt: parts.wakeAt ?? 0 } });

  readonly release: JobContext["release"] = (parts: WriteParts = {}) =>
    makeControl({ parts: partsOf(parts), end: { kind: "released" } });

  readonly snooze: JobContext["snooze"] = (delay, parts = {}) => {
    return makeControl({ parts: partsOf(parts), end: snoozeOf(delay, parts) });
  };

  readonly limits: Limits = Object.freeze({
    left: async (key: string) => (await this.#line.ask({ verb: "left", key })).left,
    hold: async (key: string, duration: Duration, reason?: string) => {
      await this.#line.ask({ verb: "hold", key, ms: holdMs(duration, "hold"), reason });
    },
  });

  readonly hold: Limits["hold"] = this.limits.hold;

  readonly settle: JobContext["settle"] = () => Promise.reject(noTransaction("ctx.settle"));

  #tell(message: ProcessMessage): void {
    if (!this.#isOver) this.#line.tell(message);
  }

  #refuseOver(): void {
    const reason: unknown = this.#abort.signal.reason;
    if (reason instanceof LeaseLost) throw reason;
    if (this.#isOver) {
      throw new MillraceError("bad-usage", `job ${this.job.id} was written to after its handler had ended`);
    }
  }
}

async function* pages(line: WorkerLine) {
  let after: string | undefined;
  do {
    const { page }: Given = await line.ask({ verb: "children", after });
    yield* page?.children ?? [];
    after = page?.next;
  } while (after !== undefined);
}

function noTransaction(what: string): MillraceError {
  return new MillraceError(
    "bad-usage",
    `${what}: an isolated handler has no transaction, for that belongs to its worker's connection; open one of its own, or run the job inline`,
  );
}
