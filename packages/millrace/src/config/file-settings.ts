/** Turns a configuration file's sections and profiles into values by key. */
import {
  MillraceError,
  type PrioritiesOptions,
  type QueuesOptions,
  type RetriesOptions,
} from "@millrace/core";
import type { ConfigFileContent } from "./config-file.ts";
import { type ModelsOptions, modelAndField, modelKey } from "./model-settings.ts";
import { flawInName, queueAndField, queueKey } from "./queue-settings.ts";
import { shown, unknownKey } from "./setting-error.ts";
import type { GivenValue, SettingLayer } from "./setting-layer.ts";
import {
  type AnyKey,
  isSettingKey,
  SETTING_KEYS,
  type SettingKey,
  type SettingValues,
} from "./settings-table.ts";

type Section<Name extends string> = {
  readonly [K in SettingKey as K extends `${Name}.${infer Rest}` ? Rest : never]?:
    | SettingValues[K]
    | undefined;
};

/** What a profile may say. */
export interface ConfigProfile {
  /** The store's URL, or its settings. */
  readonly store?: string | Section<"store"> | undefined;
  readonly worker?: Section<"worker"> | undefined;
  /** By the queue's name. */
  readonly queues?: QueuesOptions | undefined;
  /** By class. */
  readonly priorities?: PrioritiesOptions | undefined;
  /** By class. */
  readonly retry?: RetriesOptions | undefined;
  /** By the model's name. */
  readonly models?: ModelsOptions | undefined;
  readonly retention?: Section<"retention"> | undefined;
  readonly storage?: Section<"storage"> | undefined;
  readonly logLevel?: SettingValues["logLevel"] | undefined;
}

/** What a configuration file may say. */
export interface ConfigFile extends ConfigProfile {
  /** By name, for `--profile`: what differs there. */
  readonly profiles?: Readonly<Record<string, ConfigProfile>> | undefined;
}

/** Gives a configuration file written in TypeScript its types. */
export function defineConfig(config: ConfigFile): ConfigFile {
  return config;
}

/**
 * A file's layers, the strongest first: the profile, where one was asked for, then the file itself.
 * @throws MillraceError `bad-config` naming an unknown key and its value; `not-found` for an unknown profile.
 */
export function fileLayers(file: ConfigFileContent, profile: string | undefined): readonly SettingLayer[] {
  if (!isRecord(file.content)) {
    throw new MillraceError("bad-config", `${file.path} is ${shown(file.content)}; it must hold keys`);
  }
  const { profiles = {}, ...base } = file.content;
  if (!isRecord(profiles)) throw unknownKey("profiles", profiles, file.path);
  const layers = Object.entries(profiles).map(([name, content]) => {
    const source = `profile ${name} of ${file.path}`;
    if (!isRecord(content)) throw unknownKey(`profiles.${name}`, content, file.path);
    return { name, layer: flattened(content, source) };
  });
  const own = flattened(base, file.path);
  if (profile === undefined) return [own];
  const chosen = layers.find(({ name }) => name === profile);
  if (chosen === undefined) throw unknownProfile(profile, file.path, Object.keys(profiles));
  return [chosen.layer, own];
}

/** Where values of a file or variable go. */
interface Gathering {
  readonly values: Map<AnyKey, GivenValue>;
  readonly source: string;
}

function flattened(content: Readonly<Record<string, unknown>>, source: string): SettingLayer {
  const into: Gathering = { values: new Map(), source };
  for (const [name, value] of Object.entries(content)) {
    if (name === "store" && typeof value === "string") put(into, "store.url", value);
    else if (name === "queues" && value !== undefined) gatherQueues(into, value);
    else if (name === "models" && value !== undefined) gatherModels(into, value);
    else gather(into, name, value);
  }
  return into.values;
}

/** Models by name, from a file's section or a variable's JSON. @throws MillraceError `bad-config` */
export function modelLayer(models: unknown, source: string): SettingLayer {
  const into: Gathering = { values: new Map(), source };
  gatherModels(into, models);
  return into.values;
}

/** Queues by name, from a file's section or a variable's JSON. @throws MillraceError `bad-config` */
export function queueLayer(queues: unknown, source: string): SettingLayer {
  const into: Gathering = { values: new Map(), source };
  gatherQueues(into, queues);
  return into.values;
}

/** A setting is put; the sections of its key are gone into. */
function gather(into: Gathering, name: string, value: unknown): void {
  if (isSettingKey(name)) {
    put(into, name, value);
    return;
  }
  const isSection = SETTING_KEYS.some((known) => known.startsWith(`${name}.`));
  if (!isSection || !isRecord(value)) throw unknownKey(name, value, into.source);
  for (const [rest, member] of Object.entries(value)) gather(into, `${name}.${rest}`, member);
}

function gatherQueues(into: Gathering, queues: unknown): void {
  for (const [queue, name, value] of namedFields(into, "queues", queues)) {
    const field = queueAndField(`queues.${queue}.${name}`)?.field;
    if (field !== name) throw unknownKey(`queues.${queue}.${name}`, value, into.source);
    put(into, queueKey(queue, field), value);
  }
}

function gatherModels(into: Gathering, models: unknown): void {
  for (const [model, name, value] of namedFields(into, "models", models)) {
    if (name === "apiKey") throw keyInFile(model, into.source);
    const field = modelAndField(`models.${model}.${name}`)?.field;
    if (field !== name) throw unknownKey(`models.${model}.${name}`, value, into.source);
    put(into, modelKey(model, field), value);
  }
}

/** A name is no part of a key to be looked up: it may be anything, also the name of a field. */
function namedFields(
  { source }: Gathering,
  section: "queues" | "models",
  content: unknown,
): readonly (readonly [name: string, field: string, value: unknown])[] {
  if (!isRecord(content)) throw unknownKey(section, content, source);
  return Object.entries(content).flatMap(([name, fields]) => {
    const flaw = flawInName(name)?.replace(/^queues is/, `${section} is`);
    if (flaw !== undefined) {
      throw new MillraceError("bad-config", `${flaw} (${source})`, { details: { key: section, source } });
    }
    if (!isRecord(fields)) throw unknownKey(`${section}.${name}`, fields, source);
    return Object.entries(fields).map(([field, value]) => [name, field, value] as const);
  });
}

/** Without the value, which may well be a key. */
function keyInFile(model: string, source: string): MillraceError {
  return new MillraceError(
    "bad-config",
    `models.${model}.apiKey (${source}) is not a setting: keep the key in an environment variable and name that as apiKeyEnv`,
    { details: { key: `models.${model}.apiKey`, source } },
  );
}

function put({ values, source }: Gathering, key: AnyKey, value: unknown): void {
  if (value !== undefined) values.set(key, { value, source });
}

function unknownProfile(profile: string, path: string, known: readonly string[]): MillraceError {
  const has = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
  return new MillraceError("not-found", `${path} has no profile "${profile}": ${has}`, {
    details: { profile, path },
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
