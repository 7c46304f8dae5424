/** The settings of queues, whose names are the user's: `queues.<queue>.<field>`. */
import { programOf, type QueueOptions } from "@millrace/core";
import { checked, type Setting } from "./setting.ts";

/** What is set of a queue. */
export type QueueField = keyof QueueOptions;
/** The key of one such setting. The last word is the field; a name may hold dots. */
export type QueueKey = `queues.${string}.${QueueField}`;

/** By field, in the order they are shown. */
export const QUEUE_SETTINGS: { readonly [F in QueueField]: Setting<QueueOptions[F]> } = Object.freeze({
  concurrency: field("concurrency", {
    takes: "a whole number, 1 or more",
    meaning: "Most jobs of the queue at once in each worker.",
  }),
  capacity: field("capacity", {
    takes:
      'a whole number of jobs, 0 or more, or such numbers by class and in all, {"bulk": 10000, "total": 20000}',
    meaning:
      "Most jobs in line; what is enqueued beyond is refused as `queue-full`. Set in the store whenever a program with this setting opens it.",
  }),
  ttl: field("ttl", {
    takes: 'milliseconds, or text such as "500ms", "30s", "10m", "1h", 1 ms or more',
    meaning:
      "How long jobs enqueued here may stay in line once they are due, where their enqueue does not say; then they expire. Not of children and runs.",
  }),
});
/** The fields of a queue. */
export const QUEUE_FIELDS: readonly QueueField[] = Object.keys(QUEUE_SETTINGS) as QueueField[]; // typed just above

function field<F extends QueueField>(
  name: F,
  words: Pick<Setting<unknown>, "takes" | "meaning">,
): Setting<QueueOptions[F]> {
  return checked<QueueOptions[F]>({ ...words, defaultValue: undefined }, (value) =>
    programOf({ queues: { queue: { [name]: value } } }),
  );
}

/** The key of a queue's setting. */
export function queueKey(queue: string, name: QueueField): QueueKey {
  return `queues.${queue}.${name}`;
}

/** Queue and field of a key, of any other text nothing. */
export function queueAndField(
  key: string,
): { readonly queue: string; readonly field: QueueField } | undefined {
  const end = key.lastIndexOf(".");
  const name = QUEUE_FIELDS.find((each) => each === key.slice(end + 1));
  if (!key.startsWith("queues.") || name === undefined) return undefined;
  const queue = key.slice("queues.".length, end);
  return queue === "" ? undefined : { queue, field: name };
}

/** Why nothing can be set of a queue of this name; `undefined` where it can. */
export function flawInName(queue: string): string | undefined {
  try {
    programOf({ queues: Object.fromEntries([[queue, {}]]) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A queue's name as variables spell it: upper case, `_` for whatever is no letter and no digit. */
export function queueInVariable(queue: string): string {
  return queue.replaceAll(/[^a-z0-9]/gi, "_").toUpperCase();
}
