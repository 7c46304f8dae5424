/** What the environment says of the settings. */
import { MillraceError } from "@millrace/core";
import { modelLayer, queueLayer } from "./file-settings.ts";
import { QUEUE_FIELDS, type QueueKey, queueAndField, queueInVariable, queueKey } from "./queue-settings.ts";
import { jsonFromText } from "./setting.ts";
import type { GivenValue, SettingLayer } from "./setting-layer.ts";
import { type AnyKey, SETTING_KEYS, type SettingKey, settingOf, variableOf } from "./settings-table.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `MILLRACE_STORE` is short for `MILLRACE_STORE_URL`. */
const SHORT_STORE = "MILLRACE_STORE";
/** All queues at once, as JSON: for names that no variable can spell. */
const QUEUES = "MILLRACE_QUEUES";
/** All models at once, as JSON. */
const MODELS = "MILLRACE_MODELS";
/** Other programs' variables, asked for a store when nothing else names one. */
const FOREIGN_STORES = ["DATABASE_URL", "REDIS_URL"] as const;
/** Ours, but no settings: where settings are, and the tests' own. */
const NOT_SETTINGS = /^MILLRACE_(CONFIG|PROFILE|STORE|QUEUES|MODELS|TEST_.*)$/;
/** What Kubernetes adds to every container for a service that happens to be named like us. */
const SERVICE_VARIABLES = /_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_.*)?)$/;
/** One setting of one queue. */
const QUEUE_VARIABLE = new RegExp(`^${QUEUES}_(.+)_(${QUEUE_FIELDS.join("|").toUpperCase()})$`);

/** Our own variables, single ones before `MILLRACE_QUEUES`, and those of others; and what to say of them. */
export interface EnvironmentLayers {
  readonly own: readonly SettingLayer[];
  readonly foreign: SettingLayer;
  readonly notices: readonly string[];
}

/**
 * Reads the variables. An empty one counts as unset. Queues of variables are looked for among those that `below`, the
 * weaker layers, name.
 * @throws MillraceError `bad-config` for a queue's variable that could mean several of them.
 */
export function environmentLayers(
  environment: Environment,
  below: readonly SettingLayer[],
): EnvironmentLayers {
  const all = isSet(environment[QUEUES])
    ? queueLayer(jsonFromText(environment[QUEUES] ?? ""), QUEUES)
    : new Map<AnyKey, GivenValue>();
  const models = isSet(environment[MODELS])
    ? modelLayer(jsonFromText(environment[MODELS] ?? ""), MODELS)
    : new Map<AnyKey, GivenValue>();
  const own = new Map<AnyKey, GivenValue>(models);
  for (const key of SETTING_KEYS) {
    const source = sourceOf(key, environment);
    if (source === undefined) continue;
    own.set(key, { value: settingOf(key).fromText(environment[source] ?? ""), source });
  }
  const { given, notices } = queueVariables(environment, [all, ...below]);
  for (const [key, value] of given) own.set(key, value);
  return { own: [own, all], foreign: foreignLayer(environment), notices };
}

/** The variable that says it. */
function sourceOf(key: SettingKey, environment: Environment): string | undefined {
  const names = key === "store.url" ? [variableOf(key), SHORT_STORE] : [variableOf(key)];
  return names.find((name) => isSet(environment[name]));
}

function foreignLayer(environment: Environment): SettingLayer {
  const foreign = new Map<AnyKey, GivenValue>();
  const name = FOREIGN_STORES.find((variable) => isSet(environment[variable]));
  if (name !== undefined) foreign.set("store.url", { value: environment[name], source: name });
  return foreign;
}

interface QueueVariables {
  readonly given: ReadonlyMap<QueueKey, GivenValue>;
  readonly notices: readonly string[];
}

function queueVariables(environment: Environment, layers: readonly SettingLayer[]): QueueVariables {
  const known = new Set(
    layers.flatMap((layer) => [...layer.keys()].map((key) => queueAndField(key)?.queue ?? [])).flat(),
  );
  const given = new Map<QueueKey, GivenValue>();
  const notices: string[] = [];
  for (const [source, value = ""] of Object.entries(environment)) {
    const [, part, name] = QUEUE_VARIABLE.exec(source) ?? [];
    const field = QUEUE_FIELDS.find((each) => each.toUpperCase() === name);
    if (part === undefined || field === undefined || !isSet(value)) continue;
    const queue = queueMeant(part, known, source);
    const key = queueKey(queue ?? part.toLowerCase(), field);
    given.set(key, { value: settingOf(key).fromText(value), source });
    if (queue === undefined && part.includes("_")) notices.push(guessed(source, part.toLowerCase()));
  }
  return { given, notices };
}

function queueMeant(part: string, known: ReadonlySet<string>, source: string): string | undefined {
  const fitting = [...known].filter((queue) => queueInVariable(queue) === part);
  if (fitting.length < 2) return fitting[0];
  const names = fitting.map((queue) => `"${queue}"`).join(" and ");
  throw new MillraceError(
    "bad-config",
    `${source} may mean the queues ${names}; set them in the configuration file or in ${QUEUES}`,
    { details: { source, queues: fitting } },
  );
}

function guessed(source: string, queue: string): string {
  return `${source} is taken for queue "${queue}"; where that is not its spelling, name it in the configuration file or in ${QUEUES}`;
}

/** A line for each variable that looks like a setting of ours and is none. */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = new Set(SETTING_KEYS.map(variableOf));
  return Object.keys(environment)
    .filter((name) => name.startsWith("MILLRACE_") && !known.has(name) && !NOT_SETTINGS.test(name))
    .filter((name) => !SERVICE_VARIABLES.test(name) && !QUEUE_VARIABLE.test(name))
    .map((name) => `${name} is set, but is no setting: see "millrace config print" for those there are`);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
