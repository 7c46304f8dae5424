/** A store with the collections that live beside it, for programs that work with both. */
import type { Logger, Store } from "@millrace/core";
import type { Collections } from "@millrace/rag";
import type { Settings } from "../config/settings.ts";
import { SETTINGS, type SettingKey, type SettingValues } from "../config/settings-table.ts";
import { createHome } from "./home.ts";

/** Which store. */
export interface HomeAtOptions {
  /** `memory:`, `file:<folder>` or `postgres://…`; as the settings say, or embedded in `./.millrace`, where left out. */
  readonly store?: string | undefined;
  /** What `loadSettings` has read. */
  readonly settings?: Settings | undefined;
  readonly logger?: Logger | undefined;
}

/** What lives there. */
export interface StoreAndCollections {
  /** Not opened yet: give it to `millrace({ store })`, which opens and closes it. */
  readonly store: Store;
  /** Usable while the store is open. */
  readonly collections: Collections;
}

/**
 * A store by its URL, and its collections. Nothing is read from the environment, and nothing is opened.
 * @throws MillraceError `bad-config` for a URL that names none.
 */
export async function homeAt({ store, settings, logger }: HomeAtOptions = {}): Promise<StoreAndCollections> {
  const settingAt = <K extends SettingKey>(key: K): SettingValues[K] =>
    settings === undefined ? (SETTINGS[key].defaultValue as SettingValues[K]) : settings.get(key); // of that key
  const get = <K extends SettingKey>(key: K): SettingValues[K] =>
    key === "store.url" && store !== undefined ? (store as SettingValues[K]) : settingAt(key); // the url is of that key's type
  const home = await createHome({ get }, { logger });
  return { store: home.store, collections: home.collections };
}
