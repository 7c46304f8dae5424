/** Turns a configuration file's sections and profiles into values by key. */
import { MillraceError } from "@millrace/core";
import type { ConfigFileContent } from "./config-file.ts";
import { shown, unknownKey } from "./setting-error.ts";
import type { GivenValue, SettingLayer } from "./setting-layer.ts";
import { isSettingKey, SETTING_KEYS, type SettingKey, type SettingValues } from "./settings-table.ts";

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

function flattened(content: Readonly<Record<string, unknown>>, source: string): SettingLayer {
  const values = new Map<SettingKey, GivenValue>();
  for (const [name, value] of Object.entries(content)) {
    if (name === "store" && typeof value === "string") values.set("store.url", { value, source });
    else if (isRecord(value)) flattenSection(values, { name, value, source });
    else if (isSettingKey(name)) values.set(name, { value, source });
    else throw unknownKey(name, value, source);
  }
  return values;
}

function flattenSection(
  values: Map<SettingKey, GivenValue>,
  section: {
    readonly name: string;
    readonly value: Readonly<Record<string, unknown>>;
    readonly source: string;
  },
): void {
  const { name, value, source } = section;
  if (!SETTING_KEYS.some((key) => key.startsWith(`${name}.`))) throw unknownKey(name, value, source);
  for (const [rest, member] of Object.entries(value)) {
    const key = `${name}.${rest}`;
    if (!isSettingKey(key)) throw unknownKey(key, member, source);
    if (member !== undefined) values.set(key, { value: member, source });
  }
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
