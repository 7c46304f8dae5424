/** Every setting there is: its key, type, default and meaning, once. */
import { type Duration, type MigrateMode, RETENTION_DEFAULTS, STORAGE_DEFAULTS } from "@millrace/core";
import { CLASS_SETTINGS, type ClassSettingValues } from "./class-settings.ts";
import { MODEL_SETTINGS, type ModelKey, modelAndField } from "./model-settings.ts";
import { QUEUE_SETTINGS, type QueueKey, queueAndField, queueInVariable } from "./queue-settings.ts";
import { choice, duration, keeping, optionalText, type Setting, text, wholeNumber } from "./setting.ts";
import { WORKER_SETTINGS, type WorkerSettingValues } from "./worker-settings.ts";

/** How much is said on stderr. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The type of each setting's value. */
export interface SettingValues extends WorkerSettingValues, ClassSettingValues {
  readonly "store.url": string;
  readonly "store.schema": string;
  readonly "store.poolSize": number;
  readonly "store.acquireTimeout": Duration;
  readonly "store.callTimeout": Duration;
  readonly "store.directUrl": string | undefined;
  readonly "store.migrate": MigrateMode;
  readonly "store.durability": "disk" | "process";
  readonly "retention.completed": Duration | "forever";
  readonly "retention.cancelled": Duration | "forever";
  readonly "retention.expired": Duration | "forever";
  readonly "retention.dead": Duration | "forever";
  readonly "retention.runs": Duration | "forever";
  readonly "retention.audit": Duration | "forever";
  readonly "retention.events": Duration;
  readonly "storage.tempDir": string;
  readonly "storage.cleanupInterval": Duration;
  readonly logLevel: LogLevel;
}
export type SettingKey = keyof SettingValues;
/** A key of the table, of a queue, or of a model. */
export type AnyKey = SettingKey | QueueKey | ModelKey;

/** All settings, in the order they are shown. */
export const SETTINGS: { readonly [K in SettingKey]: Setting<SettingValues[K]> } = Object.freeze({
  "store.url": text(
    {
      defaultValue: "file:./.millrace",
      takes: "memory:, file:<folder>, or postgres://<user>:<password>@<host>:<port>/<database>",
      meaning:
        "Where everything lives. `file:` is the embedded database in a folder, counted from the working directory; `memory:` ends with the process. Short: `store`.",
      secret: true,
    },
    /^(memory:$|file:.|postgres(ql)?:\/\/.|rediss?:)/,
  ),
  "store.schema": text(
    {
      defaultValue: "millrace",
      takes: "a lower-case SQL name of at most 63 letters, digits and _",
      meaning: "The database schema of all tables, so that a database can be shared with other things.",
    },
    /^[a-z_][a-z0-9_]{0,62}$/,
  ),
  "store.poolSize": wholeNumber({ defaultValue: 10, meaning: "Most connections to a PostgreSQL server." }, 1),
  "store.acquireTimeout": duration(
    { defaultValue: "5s", meaning: "Longest wait for a free connection of the pool." },
    1,
  ),
  "store.callTimeout": duration({ defaultValue: "30s", meaning: "Longest wait for one store call." }, 1),
  "store.directUrl": optionalText(
    {
      takes: "postgres://<user>:<password>@<host>:<port>/<database>",
      meaning:
        "The server of `store.url` itself, where that names a pooler such as PgBouncer: idle workers listen there, on one connection each, and hear of new jobs at once. Without it they poll behind a pooler.",
      secret: true,
    },
    /^postgres(ql)?:\/\/./,
  ),
  "store.migrate": choice(
    {
      defaultValue: "auto",
      meaning:
        "What happens when the schema is not of this version: `auto` brings it up to date, `check` refuses to start, `off` does not look.",
    },
    ["auto", "check", "off"],
  ),
  "store.durability": choice(
    {
      defaultValue: "disk",
      meaning:
        "Of the embedded database: with `disk` a commit survives a power cut, with `process` only the end of the process.",
    },
    ["disk", "process"],
  ),
  ...WORKER_SETTINGS,
  ...CLASS_SETTINGS,
  "retention.completed": keeping({
    defaultValue: RETENTION_DEFAULTS.completed,
    meaning: "How long completed jobs are kept after their end. Workers forget older ones, once a minute.",
  }),
  "retention.cancelled": keeping({
    defaultValue: RETENTION_DEFAULTS.cancelled,
    meaning: "The same for cancelled jobs.",
  }),
  "retention.expired": keeping({
    defaultValue: RETENTION_DEFAULTS.expired,
    meaning: "The same for jobs that expired before they ran.",
  }),
  "retention.dead": keeping({
    defaultValue: RETENTION_DEFAULTS.dead,
    meaning: "The same for dead letters, which stay until somebody decides.",
  }),
  "retention.runs": keeping({
    defaultValue: RETENTION_DEFAULTS.runs,
    meaning:
      "How long finished batch runs are kept after their end, with their steps, items and counters. A completed one keeps its instance from running again only as long.",
  }),
  "retention.audit": keeping({
    defaultValue: RETENTION_DEFAULTS.audit,
    meaning: "How long records of the audit are kept; what goes leaves a record of how far.",
  }),
  "retention.events": duration(
    {
      defaultValue: RETENTION_DEFAULTS.events,
      meaning:
        "How long events are kept: how far back a reader can go on. The shortest of all programs on a store counts.",
    },
    60_000,
  ),
  "storage.tempDir": text(
    {
      defaultValue: STORAGE_DEFAULTS.tempDir,
      defaultWords: "`millrace-<user id>` in the system's folder for temporary files",
      takes: "the path of a directory",
      meaning:
        "Where handlers get folders for their attempts (`ctx.tempFolder()`), each removed when its attempt ends.",
    },
    /./,
  ),
  "storage.cleanupInterval": duration(
    {
      defaultValue: STORAGE_DEFAULTS.cleanupInterval,
      meaning:
        "How often workers look for such folders that dead processes have left, beside at their start.",
    },
    60_000,
  ),
  logLevel: choice<LogLevel>(
    { defaultValue: "info", meaning: "Least important messages that are shown. Flags: `--log-level`, `-v`." },
    LOG_LEVELS,
  ),
});

/** All keys, in the order they are shown. */
export const SETTING_KEYS: readonly SettingKey[] = Object.keys(SETTINGS) as SettingKey[]; // typed just above

/** Whether the text is a setting's key. */
export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** The setting of a key. */
export function settingOf(key: AnyKey): Setting<unknown> {
  if (isSettingKey(key)) return SETTINGS[key];
  const model = modelAndField(key);
  if (model !== undefined) return MODEL_SETTINGS[model.field];
  const found = queueAndField(key);
  if (found === undefined) throw new TypeError(`${key} is no setting's key`);
  return QUEUE_SETTINGS[found.field];
}

/** The environment variable of a setting: `store.poolSize` is `MILLRACE_STORE_POOL_SIZE`. */
export function variableOf(key: string): string {
  if (modelAndField(key) !== undefined) return "MILLRACE_MODELS";
  const found = queueAndField(key);
  if (found !== undefined) {
    return `MILLRACE_QUEUES_${queueInVariable(found.queue)}_${found.field.toUpperCase()}`;
  }
  const words = key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).replaceAll(".", "_");
  return `MILLRACE_${words.toUpperCase()}`;
}
