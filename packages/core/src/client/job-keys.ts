/** Unique and ordering keys as enqueue options say them, and the opaque texts stores compare. */
import { type Duration, durationMs } from "../model/duration.ts";
import { MillraceError } from "../model/errors.ts";
import type { NewJob, UniqueKey } from "../model/job.ts";
import { badOption, checkName } from "../model/options.ts";

const SCOPES = ["queue", "name", "tenant", "global"] as const;
const MODES = ["reject", "return", "replace", "debounce"] as const;
const WHILES = ["live", "queued"] as const;

/** Within what a unique key is unique. All but `global` are within the tenant. */
export type KeyScope = (typeof SCOPES)[number];

/**
 * What becomes of a job whose key is taken. `reject`: enqueue throws `duplicate`. `return`: enqueue gives the job that
 * holds the key. `replace`: where that is still queued, it takes the new input, options, priority and times. `debounce`:
 * as `replace`, and needs a `delay`: the work is done that long after the last call.
 */
export type KeyMode = (typeof MODES)[number];

/** Options of one enqueue about keys. */
export interface KeyOptions {
  /** No two jobs with the same key at the same time. */
  readonly key?: string | undefined;
  /** `name` where left out. */
  readonly scope?: KeyScope | undefined;
  /** `reject` where left out. */
  readonly mode?: KeyMode | undefined;
  /** Until when the job holds the key: until it ends (`live`, where left out), or until it is first claimed. */
  readonly while?: (typeof WHILES)[number] | undefined;
  /** The key stays taken this long after the job was accepted, even once the job has ended. */
  readonly keepFor?: Duration | undefined;
  /** Jobs of one ordering key and tenant run one at a time, in the order they were enqueued. */
  readonly orderingKey?: string | undefined;
}

/** Where a job comes from, as far as keys are concerned. */
export type KeyOwner = Pick<NewJob, "queue" | "name" | "tenant">;

/**
 * A key names a piece of one kind of work, so it is unique among jobs of its name where nothing else is said. That is
 * what users of Oban (unique by worker) and of pg-boss (a queue there is a kind of job) expect. Queues of millrace are
 * shared by many kinds of job, as those of BullMQ are; there `"42"` of one kind must not keep out `"42"` of another.
 */
const DEFAULT_SCOPE: KeyScope = "name";

/** The fields of a new job. @throws MillraceError `bad-config` */
export function keysOf(options: KeyOptions, owner: KeyOwner): Pick<NewJob, "unique" | "orderingKey"> {
  const unique = uniqueOf(options, owner);
  const { orderingKey } = options;
  return {
    ...(unique === undefined ? {} : { unique }),
    ...(orderingKey === undefined
      ? {}
      : { orderingKey: JSON.stringify([owner.tenant, checkName("enqueue.orderingKey", orderingKey)]) }),
  };
}

/** Whether a duplicate is an error, and not an answer. */
export function rejectsDuplicates({ mode = "reject" }: KeyOptions): boolean {
  return mode === "reject";
}

function uniqueOf(options: KeyOptions & { delay?: unknown }, owner: KeyOwner): UniqueKey | undefined {
  const { key, scope = DEFAULT_SCOPE, mode = "reject", while: until = "live", keepFor } = options;
  checkChoice("scope", scope, SCOPES);
  checkChoice("mode", mode, MODES);
  checkChoice("while", until, WHILES);
  if (key === undefined) return refuseWithoutKey(options);
  if (mode === "debounce" && options.delay === undefined) {
    throw new MillraceError("bad-config", "enqueue.mode debounce needs a delay to put the work off by");
  }
  return {
    key: scoped(checkName("enqueue.key", key), scope, owner),
    while: until,
    onConflict: mode === "replace" || mode === "debounce" ? "replace" : "keep",
    ...(keepFor === undefined ? {} : { keepForMs: Math.round(durationMs(keepFor, "enqueue.keepFor")) }),
  };
}

function refuseWithoutKey(options: KeyOptions): undefined {
  for (const option of ["scope", "mode", "while", "keepFor"] as const) {
    if (options[option] === undefined) continue;
    throw new MillraceError("bad-config", `enqueue.${option} says how a key works; give a key with it`);
  }
}

/** Texts of different scopes never meet: the scope comes first, and JSON keeps the parts apart. */
function scoped(key: string, scope: KeyScope, { queue, name, tenant }: KeyOwner): string {
  switch (scope) {
    case "queue":
      return JSON.stringify([scope, tenant, queue, key]);
    case "name":
      return JSON.stringify([scope, tenant, name, key]);
    case "tenant":
      return JSON.stringify([scope, tenant, key]);
    case "global":
      return JSON.stringify([scope, key]);
  }
}

function checkChoice(option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw badOption(`enqueue.${option}`, value, choices.join(", "));
}
