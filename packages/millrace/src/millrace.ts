/** The batteries: a client whose store is named by a URL. */
import {
  createMillrace,
  type Definition,
  type Logger,
  type Millrace,
  type MillraceOptions,
  type Store,
  warningLogger,
  withoutUndefined,
} from "@millrace/core";
import { type ConfiguredOptions, programOptions } from "./config/program-options.ts";
import type { Settings } from "./config/settings.ts";
import { deferredStore } from "./home/deferred-store.ts";
import { createHome } from "./home/home.ts";
import { homeSettings } from "./home/home-settings.ts";
import { parseStoreUrl } from "./home/store-url.ts";

/** Options of {@link millrace}: those of `createMillrace`, with a store by URL. */
export interface MillraceSetup<Definitions extends readonly Definition[]>
  extends Omit<MillraceOptions<Definitions>, "store"> {
  /** `memory:`, `file:<folder>`, `postgres://…`, or a store of your own; embedded in `./.millrace` where left out. */
  readonly store?: string | Store | undefined;
  /** What `loadSettings` has read. An option given beside it takes the place of its whole section. */
  readonly settings?: Settings | undefined;
}

/**
 * Makes a client. Nothing is read from the environment or from files, and nothing is opened before it is needed.
 * @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function millrace<const Definitions extends readonly Definition[] = readonly []>(
  options: MillraceSetup<Definitions> = {},
): Millrace<Definitions> {
  const { store, settings, ...rest } = options;
  return createMillrace<Definitions>({
    ...(settings === undefined ? {} : configured(settings, rest)),
    ...(withoutUndefined(rest) as typeof rest),
    store: typeof store === "object" ? store : storeAt(store, { known: settings, logger: rest.logger }),
  });
}

function configured(
  settings: Settings,
  { logger = warningLogger }: Pick<MillraceOptions<[]>, "logger">,
): ConfiguredOptions {
  for (const notice of settings.notices) logger.info(notice);
  return programOptions(settings);
}

interface StoreGround {
  readonly known: Settings | undefined;
  readonly logger: Logger | undefined;
}

/** A store by its URL, with every other setting as given, or at its default. @throws MillraceError `bad-config`. */
function storeAt(given: string | undefined, { known, logger }: StoreGround): Store {
  const settings = homeSettings(given, known);
  const { kind } = parseStoreUrl(settings.get("store.url"));
  const capabilities = { multiProcess: kind === "server", hasTransactions: kind !== "memory" };
  return deferredStore(capabilities, async () => (await createHome(settings, { logger })).store);
}
