/** The public surface of `millrace`: all of `@millrace/core`, a client and collections by URL, and the configuration. */
export * from "@millrace/core";
export { type ConfigFile, type ConfigProfile, defineConfig } from "./config/file-settings.ts";
export type { ModelField, ModelKey, ModelOptions, ModelsOptions } from "./config/model-settings.ts";
export { type ConfiguredOptions, programOptions } from "./config/program-options.ts";
export { loadSettings, type SettingSources, type SettingState, type Settings } from "./config/settings.ts";
export type { AnyKey, LogLevel, SettingKey, SettingValues } from "./config/settings-table.ts";
export {
  type CollectionsOptions,
  type OpenCollections,
  openCollections,
} from "./home/open-collections.ts";
export { type MillraceSetup, millrace } from "./millrace.ts";
export { type ConfiguredModelsOptions, configuredModels } from "./models.ts";
