/** The settings of this process: every layer read, checked, and the strongest value of each key kept with its source. */
import { MillraceError, type QueueOptions } from "@millrace/core";
import { readConfigFile } from "./config-file.ts";
import { environmentLayers, unknownVariables } from "./environment.ts";
import { fileLayers } from "./file-settings.ts";
import { masked } from "./mask.ts";
import { type ModelKey, type ModelsOptions, modelAndField } from "./model-settings.ts";
import { type QueueKey, queueAndField } from "./queue-settings.ts";
import { badValue } from "./setting-error.ts";
import type { GivenValue, SettingLayer } from "./setting-layer.ts";
import {
  type AnyKey,
  SETTING_KEYS,
  SETTINGS,
  type SettingKey,
  type SettingValues,
  settingOf,
} from "./settings-table.ts";

/** Where settings are read from. */
export interface SettingSources {
  /** The working directory where left out. */
  readonly folder?: string | undefined;
  /** That of the process where left out. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Flags of the command line, by key. */
  readonly flags?: Readonly<Partial<Record<SettingKey, string | undefined>>> | undefined;
  /** `--config`; else `MILLRACE_CONFIG`, else `millrace.config.*` in the folder. */
  readonly file?: string | undefined;
  /** `--profile`; else `MILLRACE_PROFILE`. */
  readonly profile?: string | undefined;
}

/** One setting as it stands. */
export interface SettingState {
  readonly key: AnyKey;
  readonly value: unknown;
  /** `default`, or a flag, variable or file by name. */
  readonly source: string;
}

/** Checked settings. */
export interface Settings {
  get<K extends SettingKey>(key: K): SettingValues[K];
  /** The queues of which anything is set, by name; an object without a prototype. */
  queues(): Readonly<Record<string, QueueOptions>>;
  /** The models of which anything is set, by name; an object without a prototype. */
  models(): ModelsOptions;
  source(key: AnyKey): string;
  /** Every setting, with passwords masked. */
  list(): readonly SettingState[];
  /** What people should know: a store taken from somebody else's variable, variables that mean nothing. */
  readonly notices: readonly string[];
}

/**
 * Reads all layers: flag, environment, profile, file, then `DATABASE_URL` and `REDIS_URL` for the store, then defaults.
 * @throws MillraceError `bad-config` naming key, value and source; `not-found` for a missing file or profile.
 */
export async function loadSettings(sources: SettingSources = {}): Promise<Settings> {
  const { environment = process.env, folder = process.cwd() } = sources;
  const { MILLRACE_CONFIG, MILLRACE_PROFILE } = environment;
  const profile = sources.profile ?? MILLRACE_PROFILE;
  const file = await readConfigFile(folder, sources.file ?? MILLRACE_CONFIG);
  if (file === undefined && profile !== undefined) {
    throw new MillraceError(
      "not-found",
      `there is no configuration file, so no profile "${profile}": add millrace.config.yaml or name one with --config`,
    );
  }
  const ofFile = file === undefined ? [] : fileLayers(file, profile);
  const { own, foreign, notices } = environmentLayers(environment, ofFile);
  const layers = [flagLayer(sources.flags ?? {}), ...own, ...ofFile, foreign];
  return settingsOf(layers, [...notices, ...unknownVariables(environment)]);
}

function flagLayer(flags: NonNullable<SettingSources["flags"]>): SettingLayer {
  const values = new Map<AnyKey, GivenValue>();
  for (const key of SETTING_KEYS) {
    const text = flags[key];
    if (text === undefined) continue;
    const source = key === "store.url" ? "--store" : "--log-level";
    values.set(key, { value: SETTINGS[key].fromText(text), source });
  }
  return values;
}

function settingsOf(layers: readonly SettingLayer[], notices: readonly string[]): Settings {
  const states = new Map([...SETTING_KEYS, ...namedKeys(layers)].map((key) => [key, stateOf(key, layers)]));
  const store = states.get("store.url");
  const isForeign = store?.source === "DATABASE_URL" || store?.source === "REDIS_URL";
  return {
    get: <K extends SettingKey>(key: K) => states.get(key)?.value as SettingValues[K], // checked by stateOf
    queues: () => queuesOf([...states.values()]),
    models: () => modelsOf([...states.values()]),
    source: (key) => states.get(key)?.source ?? "default",
    list: () => [...states.values()].map((state) => ({ ...state, value: withoutSecret(state) })),
    notices: isForeign
      ? [`the store is ${masked(String(store.value))}, from ${store.source}`, ...notices]
      : notices,
  };
}

/** Of the layers, sorted by name, so that a list of them has an order that sources do not change. */
function namedKeys(layers: readonly SettingLayer[]): readonly (QueueKey | ModelKey)[] {
  const keys = new Set(layers.flatMap((layer) => [...layer.keys()]).filter((key) => isNamedKey(key)));
  return [...keys].sort();
}

function isNamedKey(key: AnyKey): key is QueueKey | ModelKey {
  return queueAndField(key) !== undefined || modelAndField(key) !== undefined;
}

function modelsOf(states: readonly SettingState[]): ModelsOptions {
  const models: Record<string, ModelsOptions[string]> = Object.create(null);
  for (const { key, value } of states) {
    const found = modelAndField(key);
    if (found !== undefined) models[found.model] = { ...models[found.model], [found.field]: value };
  }
  return models;
}

function queuesOf(states: readonly SettingState[]): Readonly<Record<string, QueueOptions>> {
  const queues: Record<string, QueueOptions> = Object.create(null);
  for (const { key, value } of states) {
    const found = queueAndField(key);
    if (found !== undefined) queues[found.queue] = { ...queues[found.queue], [found.field]: value };
  }
  return queues;
}

/** Every layer is checked, also where a stronger one wins: a bad value never waits for its day. */
function stateOf(key: AnyKey, layers: readonly SettingLayer[]): SettingState {
  const given = layers.flatMap((layer) => layer.get(key) ?? []);
  const checked = given.map(({ value, source }) => {
    if (!settingOf(key).accepts(value)) throw badValue(key, value, source);
    return { key, value, source };
  });
  return checked[0] ?? { key, value: settingOf(key).defaultValue, source: "default" };
}

function withoutSecret({ key, value }: SettingState): unknown {
  return settingOf(key).secret === true && typeof value === "string" ? masked(value) : value;
}
