/** The messages between a worker and the processes its isolated handlers run in. One attempt at a time. */
import type { ChildResult } from "../../job/child.ts";
import type { JobInfo } from "../../job/context.ts";
import type { ControlMeaning, WriteParts } from "../../job/control.ts";
import type { HoldLeft } from "../../job/limits.ts";
import type { ChildTally } from "../../model/children.ts";
import type { Token } from "../../model/ids.ts";
import type { NewJob } from "../../model/job.ts";
import type { JobLogLevel } from "../../model/report.ts";
import type { SentThrown } from "./sent-errors.ts";

/** Everything a handler is told of its attempt when that begins. */
export interface SentAttempt {
  readonly payload: unknown;
  readonly job: JobInfo;
  readonly attempt: number;
  readonly fence: Token;
  readonly checkpoint: string | undefined;
  readonly children: ChildTally | undefined;
}

/** What the worker says. */
export type WorkerMessage =
  | { readonly kind: "run"; readonly attempt: SentAttempt }
  /** The attempt must stop: its signal fires with this. */
  | { readonly kind: "abort"; readonly reason: SentThrown }
  /** The worker drains. */
  | { readonly kind: "drain"; readonly reason: SentThrown }
  /** To the call of this number. */
  | { readonly kind: "answer"; readonly call: number; readonly answer: Answer };

/** What a call gave: a page for `children`, a path for `tempFolder`, what is left for `left`, nothing for others. */
export interface Given {
  readonly page?: ChildrenPage | undefined;
  readonly folder?: string | undefined;
  readonly left?: HoldLeft | undefined;
}

/** How a call went. */
export type Answer =
  | ({ readonly kind: "given" } & Given)
  | { readonly kind: "refused"; readonly error: SentThrown };

/** Some of a job's children, newest first. */
interface ChildrenPage {
  readonly children: readonly ChildResult[];
  /** Where the next page begins; none where this is the last. */
  readonly next: string | undefined;
}

/** What a handler asks of the worker and waits for. */
export type Question =
  | { readonly verb: "save"; readonly parts: WriteParts }
  | { readonly verb: "children"; readonly after: string | undefined }
  | { readonly verb: "tempFolder" }
  | { readonly verb: "left"; readonly key: string }
  | {
      readonly verb: "hold";
      readonly key: string;
      readonly ms: number;
      readonly reason: string | undefined;
    };

/** What a process says. */
export type ProcessMessage =
  /** The module is loaded, and has jobs of these names that can be run. */
  | { readonly kind: "ready"; readonly names: readonly string[] }
  /** The module cannot be loaded. */
  | { readonly kind: "unfit"; readonly error: SentThrown }
  /** The handler is about to be called: from here on the attempt counts. */
  | { readonly kind: "begun" }
  | { readonly kind: "progress"; readonly text: string }
  | { readonly kind: "log"; readonly level: JobLogLevel; readonly message: string }
  | { readonly kind: "child"; readonly job: NewJob }
  | { readonly kind: "call"; readonly call: number; readonly question: Question }
  /** The handler is done. `residentBytes`: what the process holds now. */
  | { readonly kind: "ended"; readonly how: SentEnding; readonly residentBytes: number }
  /** An error that nobody has caught: the process ends itself. */
  | { readonly kind: "uncaught"; readonly error: SentThrown };

/** A message as it travels: with the note that the worker gave the process. */
export interface NotedMessage {
  readonly note: string;
  readonly message: ProcessMessage;
}

/** What a handler did. Results travel as the JSON text they are kept as; no text where there was no result. */
export type SentEnding =
  | { readonly kind: "returned"; readonly json: string | undefined }
  | { readonly kind: "control"; readonly parts: WriteParts; readonly end: SentEnd }
  | { readonly kind: "thrown"; readonly error: SentThrown };

/** The end a control asks for. */
export type SentEnd =
  | { readonly kind: "completed"; readonly json: string | undefined }
  | Exclude<ControlMeaning["end"], { readonly kind: "completed" }>;

/** What a process is started with, as its first word. */
export interface ProcessStart {
  /** Address of the module. */
  readonly module: string;
  /** Process id of the worker, after which this process does not live on. */
  readonly parent: number;
  readonly memoryBytes: number;
  /** Of children whose definitions name none. */
  readonly maxRescues: number;
  readonly cpuMs: number | undefined;
  /**
   * Tells what the process says from what its handlers say: sent with each message; printed on stderr, with the limit's
   * name behind it, by a process that ends itself for having passed a limit.
   */
  readonly note: string;
}
