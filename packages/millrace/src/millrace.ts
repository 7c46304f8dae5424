/** The batteries: a client whose store is named by a URL. */
import {
  type Batch,
  createMillrace,
  type Definition,
  type Millrace,
  type MillraceOptions,
  type Registrable,
  type Store,
} from "@millrace/core";
import { SETTINGS, type SettingKey, type SettingValues } from "./config/settings-table.ts";
import { deferredStore } from "./home/deferred-store.ts";
import { createHome } from "./home/home.ts";
import { parseStoreUrl } from "./home/store-url.ts";

/** Options of {@link millrace}: those of `createMillrace`, with a store by URL and batches. */
export interface MillraceSetup<Definitions extends readonly Definition[]>
  extends Omit<MillraceOptions<Definitions>, "store"> {
  /** `memory:`, `file:<folder>`, `postgres://…`, or a store of your own; embedded in `./.millrace` where left out. */
  readonly store?: string | Store | undefined;
  /** Batches this program's workers run. */
  readonly batches?: readonly RunnableBatch[] | undefined;
}

/** What a worker needs of a batch, whatever its parameters. */
export type RunnableBatch = Pick<Batch<never>, "name" | "handlers">;

/**
 * Makes a client. Nothing is read from the environment or from files, and nothing is opened before it is needed.
 * @throws MillraceError `bad-config` naming the option and the bad value.
 */
export function millrace<const Definitions extends readonly Definition[] = readonly []>(
  options: MillraceSetup<Definitions> = {},
): Millrace<Definitions> {
  const { store, batches = [], jobs, ...rest } = options;
  const all = [...(jobs ?? []), ...batches.map(registrable)];
  return createMillrace<Definitions>({
    ...rest,
    store: typeof store === "object" ? store : storeAt(store ?? SETTINGS["store.url"].defaultValue),
    jobs: all as unknown as Definitions, // batches are called by their value, so they add no names
  });
}

/** A store by its URL, with every other setting at its default. @throws MillraceError `bad-config`. */
function storeAt(url: string): Store {
  const { kind } = parseStoreUrl(url);
  const settings = {
    get: <K extends SettingKey>(key: K): SettingValues[K] =>
      (key === "store.url" ? url : SETTINGS[key].defaultValue) as SettingValues[K], // the url is of that key's type
  };
  return deferredStore(kind === "server", async () => (await createHome(settings)).store);
}

function registrable(batch: RunnableBatch): Registrable {
  return {
    name: batch.name,
    register: ({ registry, store }) => {
      for (const handler of batch.handlers(store)) registry.add(handler);
    },
  };
}
