/** The commands `queues pause|resume|set`. */
import { type CapacityOptions, MillraceError, PRIORITIES, type Priority } from "@millrace/core";
import { InvalidArgumentError } from "commander";
import { type OpenClient, withClient } from "../client.ts";
import { EXIT } from "../exit-code.ts";
import type { Shell } from "../shell.ts";

/** Options of `queues set`. */
export interface CapacityFlags {
  readonly capacity?: Limit;
  readonly class?: Readonly<Partial<Record<Priority, Limit>>>;
  /** No operator's word stands any more. */
  readonly unset?: boolean;
}

/** Jobs, or no limit; commander keeps no `null`. */
type Limit = number | "none";

const MAX_CAPACITY = 2_147_483_647;

/** Stops queues, or starts them again. */
export async function pauseQueues(
  shell: Shell,
  queues: readonly string[],
  verb: "pause" | "resume",
): Promise<number> {
  return withClient(shell, { reads: true }, async (client) => {
    for (const queue of queues) {
      await sayUnknown(shell, client, queue);
      await client.mr.queues[verb](queue);
      shell.terminal.say(
        "info",
        verb === "pause" ? `paused ${queue}; what runs goes on` : `resumed ${queue}`,
      );
    }
    return EXIT.ok;
  });
}

/** Limits a queue, or lifts its limits. @throws MillraceError `bad-usage` where nothing is to be set. */
export async function setQueue(shell: Shell, queue: string, flags: CapacityFlags): Promise<number> {
  const limits = { ...(flags.capacity === undefined ? {} : { total: flags.capacity }), ...flags.class };
  const isUnset = flags.unset === true;
  if ((Object.keys(limits).length === 0) !== isUnset) {
    throw new MillraceError(
      "bad-usage",
      "queues set takes --capacity <n>, --class <class>=<n>, or both; or else --unset",
    );
  }
  return withClient(shell, { reads: true }, async (client) => {
    await sayUnknown(shell, client, queue);
    if (isUnset) {
      await client.mr.queues.unsetCapacity(queue);
      const until = "until the next program that is configured with others opens the store";
      shell.terminal.say("info", `capacities of ${queue} stay ${until}`);
      return EXIT.ok;
    }
    await client.mr.queues.setCapacity(queue, capacityOf(limits));
    const words = Object.entries(limits).map(([of, limit]) => `${of} ${limit}`);
    shell.terminal.say("info", `capacity of ${queue}: ${words.join(", ")}`);
    return EXIT.ok;
  });
}

function capacityOf(limits: Readonly<Record<string, Limit>>): CapacityOptions {
  const entries = Object.entries(limits).map(([of, limit]) => [of, limit === "none" ? null : limit]);
  return Object.fromEntries(entries);
}

/** Reads a number of jobs, or `none`. */
export function capacityValue(text: string): Limit {
  if (text === "none") return text;
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= MAX_CAPACITY) return value;
  throw new InvalidArgumentError("It takes a whole number of jobs, 0 or more, or none.");
}

/** Reads `bulk=100` or `bulk=none`; may be given several times. */
export function classCapacity(text: string, before: CapacityFlags["class"] = {}): CapacityFlags["class"] {
  const [name = "", limit = ""] = text.split("=");
  const priority = PRIORITIES.find((one) => one === name);
  if (priority === undefined) {
    throw new InvalidArgumentError(`It takes <class>=<n>, of the classes ${PRIORITIES.join(", ")}.`);
  }
  return { ...before, [priority]: capacityValue(limit) };
}

/** A name that no job ever had is often a slip, and allowed: a queue may be set up before its first job. */
async function sayUnknown({ terminal }: Shell, { home }: OpenClient, queue: string): Promise<void> {
  const counters = await home.store.countersUnder(`queue:${queue}:`);
  if (Object.keys(counters).length === 0) terminal.say("warn", `queue ${queue} has had no job yet`);
}
