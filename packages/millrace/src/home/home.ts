/** A home: the store that a URL names, and the collections that live with it. Adapters are loaded when they are used. */
import { durationMs, type Logger, memoryStore, type Store, systemClock } from "@millrace/core";
import type { ServerHealth, SqlClient, StoreHealth } from "@millrace/postgres";
import type { Collections, EmbeddingCache, Extractions } from "@millrace/rag";
import type { SettingValues } from "../config/settings-table.ts";
import type { SchemaTools } from "./schema-tools.ts";
import { parseStoreUrl, type StorePlace } from "./store-url.ts";

/** A store with its collections, not opened yet. */
export interface Home {
  readonly place: StorePlace;
  readonly store: Store;
  readonly collections: Collections;
  /** Extracted text of the collections' documents; its tables are made when those of the collections are. */
  readonly extractions: Extractions;
  /** Vectors that were made once; ready once the collections are prepared. */
  readonly embeddings: EmbeddingCache;
  /** Migrations the schema lacks, and whether it has had any; to be asked of an open store. */
  schema(): Promise<SchemaState>;
  /** What there is to examine of a database; left out where there is none. */
  readonly health?: HomeHealth | undefined;
  /** The store's clock, in ms since the epoch; to be asked of an open store whose schema is there. */
  nowMs(): Promise<number>;
  /** Its schema as a whole; left out where it has none. */
  readonly tools?: SchemaTools | undefined;
}

/** Looking at the database of an open store; see `serverHealth` and `storeHealth`. */
interface HomeHealth {
  server(patienceMs: number): Promise<ServerHealth>;
  /** Of a schema that is up to date. */
  store(): Promise<StoreHealth>;
}

/** How far a schema is. A store without one is always current. */
interface SchemaState {
  readonly pending: readonly string[];
  readonly isNew: boolean;
}

/** The settings a home is made of, by {@link SettingValues} key. */
export type HomeSettings = {
  get<K extends Extract<keyof SettingValues, `store.${string}`>>(key: K): SettingValues[K];
};

/** Where a home says what goes on in it. */
export interface HomeEars {
  /** Hears of every failed database call. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Told once what a pooler before the server leaves out. */
  readonly logger?: Pick<Logger, "info"> | undefined;
}

/** Makes the home of `store.url`. */
export async function createHome(settings: HomeSettings, ears: HomeEars = {}): Promise<Home> {
  const place = parseStoreUrl(settings.get("store.url"));
  if (place.kind === "memory") return memoryHome(place);
  const client = await clientOf(place, settings, ears.logger);
  const onFailure = ears.onFailure ?? (() => undefined);
  return sqlHome({ place, client, schema: settings.get("store.schema"), onFailure });
}

async function memoryHome(place: StorePlace): Promise<Home> {
  const { MemoryCollections, MemoryEmbeddingCache, MemoryExtractions } = await import("@millrace/rag");
  const collections = new MemoryCollections();
  return {
    place,
    store: memoryStore(),
    collections,
    extractions: new MemoryExtractions(collections),
    embeddings: new MemoryEmbeddingCache(),
    schema: async () => ({ pending: [], isNew: false }),
    nowMs: async () => systemClock.now(),
  };
}

async function clientOf(
  place: Exclude<StorePlace, { kind: "memory" }>,
  settings: HomeSettings,
  logger: HomeEars["logger"],
): Promise<SqlClient> {
  const postgres = await import("@millrace/postgres");
  const callTimeoutMs = durationMs(settings.get("store.callTimeout"), "store.callTimeout");
  if (place.kind === "embedded") {
    const durability = settings.get("store.durability");
    return postgres.createPgliteClient({ directory: place.directory, durability, callTimeoutMs });
  }
  return postgres.createPgClient({
    url: place.url,
    directUrl: settings.get("store.directUrl"),
    logger,
    poolSize: settings.get("store.poolSize"),
    acquireTimeoutMs: durationMs(settings.get("store.acquireTimeout"), "store.acquireTimeout"),
    callTimeoutMs,
  });
}

async function sqlHome(parts: {
  readonly place: StorePlace;
  readonly client: SqlClient;
  readonly schema: string;
  onFailure(error: unknown): void;
}): Promise<Home> {
  const { place, schema } = parts;
  const [
    postgres,
    { SqlCollections, SqlEmbeddingCache, SqlExtractions },
    { databaseOver },
    { schemaTools },
    { watchedClient },
  ] = await Promise.all([
    import("@millrace/postgres"),
    import("@millrace/rag"),
    import("./sql-database.ts"),
    import("./schema-tools.ts"),
    import("./watched-client.ts"),
  ]);
  const client = watchedClient(parts.client, parts.onFailure);
  const database = databaseOver(client);
  return {
    place,
    store: postgres.sqlStore(client, { schema }),
    collections: new SqlCollections(database, { schema }),
    extractions: new SqlExtractions(database, { schema }),
    embeddings: new SqlEmbeddingCache(database, { schema }),
    schema: () => postgres.schemaState(client, schema),
    health: {
      server: (patienceMs) => postgres.serverHealth(parts.client, patienceMs),
      store: () => postgres.storeHealth(parts.client, schema),
    },
    nowMs: () => postgres.storeNowMs(client, schema),
    tools: schemaTools(client, schema),
  };
}
