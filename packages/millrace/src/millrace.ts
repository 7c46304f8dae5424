/** The batteries: a client whose store is named by a URL. */
import {
  createMillrace,
  type Definition,
  type Logger,
  type Millrace,
  type MillraceOptions,
  type Store,
} from "@millrace/core";
import { SETTINGS, type SettingKey, type SettingValues } from "./config/settings-table.ts";
import { deferredStore } from "./home/deferred-store.ts";
import { createHome } from "./home/home.ts";
import { parseStoreUrl } from "./home/store-url.ts";

/** Options of {@link millrace}: those of `createMillrace`, with a store by URL. */
export interface MillraceSetup<Definitions extends readonly Definition[]>
  extends Omit<MillraceOptions<Definitions>, "store" | "batches"> {
  /** `memory:`, `file:<folder>`, `postgres://…`, or a store of your own; embedded in `./.millrace` where left out. */
  readonly store?: string | Store | undefined;
}

/**
 * Makes a client. Nothing is read from the environment or from files, and nothing is opened before it is needed.
 * @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function millrace<const Definitions extends readonly Definition[] = readonly []>(
  options: MillraceSetup<Definitions> = {},
): Millrace<Definitions> {
  const { store, ...rest } = options;
  return createMillrace<Definitions>({
    ...rest,
    store:
      typeof store === "object" ? store : storeAt(store ?? SETTINGS["store.url"].defaultValue, rest.logger),
  });
}

/** A store by its URL, with every other setting at its default. @throws MillraceError `bad-config`. */
function storeAt(url: string, logger: Logger | undefined): Store {
  const { kind } = parseStoreUrl(url);
  const settings = {
    get: <K extends SettingKey>(key: K): SettingValues[K] =>
      (key === "store.url" ? url : SETTINGS[key].defaultValue) as SettingValues[K], // the url is of that key's type
  };
  const capabilities = { multiProcess: kind === "server", hasTransactions: kind !== "memory" };
  return deferredStore(capabilities, async () => (await createHome(settings, { logger })).store);
}
