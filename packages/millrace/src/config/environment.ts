/** What the environment says of the settings. */
import type { GivenValue, SettingLayer } from "./setting-layer.ts";
import { SETTING_KEYS, SETTINGS, type SettingKey, variableOf } from "./settings-table.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `MILLRACE_STORE` is short for `MILLRACE_STORE_URL`. */
const SHORT_STORE = "MILLRACE_STORE";
/** Other programs' variables, asked for a store when nothing else names one. */
const FOREIGN_STORES = ["DATABASE_URL", "REDIS_URL"] as const;
/** Ours, but no settings: where settings are, and the tests' own. */
const NOT_SETTINGS = /^MILLRACE_(CONFIG|PROFILE|STORE|TEST_.*)$/;
/** What Kubernetes adds to every container for a service that happens to be named like us. */
const SERVICE_VARIABLES = /_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_.*)?)$/;

/** Our own variables, and those of others. An empty variable counts as unset. */
export function environmentLayers(environment: Environment): {
  readonly own: SettingLayer;
  readonly foreign: SettingLayer;
} {
  const own = new Map<SettingKey, GivenValue>();
  for (const key of SETTING_KEYS) {
    const names = key === "store.url" ? [variableOf(key), SHORT_STORE] : [variableOf(key)];
    const source = names.find((name) => isSet(environment[name]));
    if (source === undefined) continue;
    own.set(key, { value: SETTINGS[key].fromText(environment[source] ?? ""), source });
  }
  const foreign = new Map<SettingKey, GivenValue>();
  const name = FOREIGN_STORES.find((variable) => isSet(environment[variable]));
  if (name !== undefined) foreign.set("store.url", { value: environment[name], source: name });
  return { own, foreign };
}

/** A line for each variable that looks like a setting of ours and is none. */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = new Set(SETTING_KEYS.map(variableOf));
  return Object.keys(environment)
    .filter((name) => name.startsWith("MILLRACE_") && !known.has(name) && !NOT_SETTINGS.test(name))
    .filter((name) => !SERVICE_VARIABLES.test(name))
    .map((name) => `${name} is set, but is no setting: see "millrace config print" for those there are`);
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
