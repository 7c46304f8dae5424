/** What `enqueue` may say of its jobs, as options of the command and as options of the client. */
import {
  type Duration,
  defineJob,
  type JobDefinition,
  type JobEnqueueOptions,
  type KeyMode,
  type KeyScope,
  PRIORITIES,
  type Priority,
  RETRY_PRESETS,
  type RetryPreset,
} from "@millrace/core";
import { type Command, Option } from "commander";
import { durationValue, gathered } from "../option-values.ts";
import { wholeNumberFrom } from "../output.ts";

/** The options. */
export interface JobFlags {
  readonly queue?: string;
  readonly priority?: Priority;
  readonly key?: string;
  readonly scope?: KeyScope;
  readonly mode?: KeyMode;
  readonly while?: "live" | "queued";
  readonly keepFor?: Duration;
  readonly orderingKey?: string;
  readonly tenant?: string;
  readonly tag?: readonly string[];
  readonly delay?: Duration;
  readonly runAt?: string;
  readonly ttl?: Duration;
  readonly expiresAt?: string;
  readonly timeout?: Duration;
  readonly retry?: RetryPreset;
  readonly maxAttempts?: number;
  readonly correlationId?: string;
  readonly submittedBy?: string;
}

const MAX_ATTEMPTS = 1_000_000;

/** Adds the options to the command. */
export function addJobOptions(command: Command): Command {
  addKeyOptions(addTimeOptions(command));
  return command
    .option("--queue <queue>", "queue; the one that workers of these jobs serve", "default")
    .addOption(new Option("--priority <class>", "class").choices(PRIORITIES))
    .option("--tenant <tenant>", "tenant")
    .option("--tag <tag>", "tag; may be given several times", gathered)
    .addOption(
      new Option("--retry <preset>", "how failures are tried again").choices(Object.keys(RETRY_PRESETS)),
    )
    .option("--max-attempts <n>", "most attempts", wholeNumberFrom(1, MAX_ATTEMPTS))
    .option("--correlation-id <id>", "what it belongs to")
    .option("--submitted-by <who>", "who enqueued it; shown, never trusted");
}

function addTimeOptions(command: Command): Command {
  return command
    .option("--delay <duration>", "due so long after it is accepted", durationValue)
    .option("--run-at <instant>", "due at this instant instead (ISO 8601)")
    .option("--ttl <duration>", "expires where it is still in line after so long", durationValue)
    .option("--expires-at <instant>", "expires at this instant instead (ISO 8601)")
    .option("--timeout <duration>", "longest attempt", durationValue);
}

function addKeyOptions(command: Command): Command {
  return command
    .option("--key <key>", "unique key: no two jobs with it at the same time")
    .addOption(
      new Option("--scope <scope>", "within what it is unique").choices([
        "queue",
        "name",
        "tenant",
        "global",
      ]),
    )
    .addOption(
      new Option("--mode <mode>", "what becomes of a job whose key is taken").choices([
        "reject",
        "return",
        "replace",
        "debounce",
      ]),
    )
    .addOption(new Option("--while <time>", "until when the key is held").choices(["live", "queued"]))
    .option("--keep-for <duration>", "the key stays taken so long", durationValue)
    .option("--ordering-key <key>", "jobs that share it run one at a time, in order");
}

/** A contract of this name: what the program that runs the jobs defines beside it is not known here. */
export function contractOf(name: string, { queue }: JobFlags): JobDefinition {
  return defineJob({ name, queue });
}

/** The client's options. */
export function enqueueOptions({ queue: _, tag, ...flags }: JobFlags): JobEnqueueOptions {
  return { ...flags, ...(tag === undefined ? {} : { tags: tag }) };
}
