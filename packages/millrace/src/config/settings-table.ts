/** Every setting there is: its key, type, default and meaning, once. */
import { type Duration, type MigrateMode, RETENTION_DEFAULTS, WORKER_DEFAULTS } from "@millrace/core";
import {
  choice,
  duration,
  keeping,
  optionalNumber,
  optionalText,
  type Setting,
  text,
  wholeNumber,
} from "./setting.ts";

/** How much is said on stderr. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The type of each setting's value. */
export interface SettingValues {
  readonly "store.url": string;
  readonly "store.schema": string;
  readonly "store.poolSize": number;
  readonly "store.acquireTimeout": Duration;
  readonly "store.callTimeout": Duration;
  readonly "store.directUrl": string | undefined;
  readonly "store.migrate": MigrateMode;
  readonly "store.durability": "disk" | "process";
  readonly "worker.concurrency": number | undefined;
  readonly "worker.lease": Duration;
  readonly "worker.sweep": Duration;
  readonly "worker.drain": Duration;
  readonly "worker.grace": Duration;
  readonly "worker.cancelPoll": Duration;
  readonly "worker.maxBlock": Duration;
  readonly "retention.completed": Duration | "forever";
  readonly "retention.cancelled": Duration | "forever";
  readonly "retention.expired": Duration | "forever";
  readonly "retention.dead": Duration | "forever";
  readonly logLevel: LogLevel;
}
export type SettingKey = keyof SettingValues;

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
  "worker.concurrency": optionalNumber(
    {
      defaultValue: undefined,
      meaning: "Most jobs at once in this process. Where left out: what the command's work needs.",
    },
    1,
  ),
  "worker.lease": duration(
    {
      defaultValue: WORKER_DEFAULTS.lease,
      meaning: "How long a vanished worker keeps its jobs from others; with a sweep, the worst recovery.",
    },
    100,
  ),
  "worker.sweep": duration(
    { defaultValue: WORKER_DEFAULTS.sweep, meaning: "How often jobs of vanished workers are looked for." },
    10,
  ),
  "worker.drain": duration({
    defaultValue: WORKER_DEFAULTS.drain,
    meaning: "How long running jobs may go on at shutdown.",
  }),
  "worker.grace": duration({
    defaultValue: WORKER_DEFAULTS.grace,
    meaning: "How long a job may go on after it was told to stop, before its place is taken back.",
  }),
  "worker.cancelPoll": duration(
    {
      defaultValue: WORKER_DEFAULTS.cancelPoll,
      meaning: "How often a worker asks which of its running jobs were cancelled.",
    },
    10,
  ),
  "worker.maxBlock": duration({
    defaultValue: WORKER_DEFAULTS.maxBlock,
    meaning: "Longest blocked event loop that keeps its leases.",
  }),
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

/** The environment variable of a setting: `store.poolSize` is `MILLRACE_STORE_POOL_SIZE`. */
export function variableOf(key: SettingKey): string {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).replaceAll(".", "_");
  return `MILLRACE_${words.toUpperCase()}`;
}
