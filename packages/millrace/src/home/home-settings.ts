/** The settings of a store that a program names by its URL. */
import type { Settings } from "../config/settings.ts";
import { SETTINGS, type SettingKey, type SettingValues } from "../config/settings-table.ts";

/** Reads any setting; its `store.url` is the given one. */
export interface NamedHomeSettings {
  get<K extends SettingKey>(key: K): SettingValues[K];
}

/** Those that are known, with this URL where one is given; else every setting at its default. */
export function homeSettings(url: string | undefined, known: Settings | undefined): NamedHomeSettings {
  const settingAt = <K extends SettingKey>(key: K): SettingValues[K] =>
    known === undefined ? (SETTINGS[key].defaultValue as SettingValues[K]) : known.get(key); // of that key
  return {
    get: <K extends SettingKey>(key: K): SettingValues[K] =>
      key === "store.url" && url !== undefined ? (url as SettingValues[K]) : settingAt(key), // the url is of that key's type
  };
}
