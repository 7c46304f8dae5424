/** Looks at everything a command needs, and says of each thing how it is. */
import { existsSync } from "node:fs";
import { masked } from "../../config/mask.ts";
import type { Settings } from "../../config/settings.ts";
import { createHome, type Home } from "../../home/home.ts";
import { type Finding, note, ok, problem } from "./finding.ts";
import { diskFinding, notOpenedFinding } from "./folder-findings.ts";
import { serverFindings } from "./server-findings.ts";
import { storeFindings } from "./store-findings.ts";

const OLDEST_NODE: readonly [number, number] = [20, 19];

/** How patiently. */
interface Patience {
  /** How long something may last before it is worth a finding. */
  readonly patienceMs: number;
}

/** Looks at Node, settings and store, changing nothing but what preparing collections makes. */
export async function examine(settings: Settings, patience: Patience): Promise<readonly Finding[]> {
  const changed = settings.list().filter(({ source }) => source !== "default");
  const says = changed.length === 0 ? "all defaults" : changed.map(({ key }) => key).join(", ");
  return [
    nodeFinding(process.versions.node),
    ok({ what: "settings", says }),
    ...(await store(settings, patience)),
  ];
}

/** Whether this Node is new enough. */
function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (!isOld) return ok({ what: "node", says: version });
  const oldest = OLDEST_NODE.join(".");
  const says = `${version}: millrace needs ${oldest} or newer`;
  return problem({ what: "node", says, todo: `install Node ${oldest} or newer` });
}

async function store(settings: Settings, patience: Patience): Promise<readonly Finding[]> {
  try {
    const home = await createHome(settings);
    const { place } = home;
    if (place.kind === "embedded" && !existsSync(place.directory)) {
      const says = "it is not there yet: the first ingest makes it";
      return [note({ what: "store", where: place.name, says })];
    }
    try {
      return await openStore(home, patience);
    } finally {
      await home.store.close();
    }
  } catch (error) {
    return [notOpenedFinding(error, masked(settings.get("store.url")))];
  }
}

async function openStore(home: Home, patience: Patience): Promise<readonly Finding[]> {
  const { kind, name: where } = home.place;
  const info = await home.store.open();
  const { pending, isNew } = await home.schema();
  const durability = { what: "durability", where, says: info.durability };
  return [
    ok({ what: "store", where, says: `${info.kind} ${info.version}` }),
    kind === "memory" ? note(durability) : ok(durability),
    ...(home.place.kind === "embedded" ? [await diskFinding(home.place.directory)] : []),
    ...(await databaseFindings(home, patience)),
    schemaFinding(where, pending, isNew),
    ...(isNew ? [] : [await vectorFinding(home)]),
    ...(pending.length > 0 ? [] : await contentFindings(home, patience)),
  ];
}

async function databaseFindings(
  { place, health }: Home,
  { patienceMs }: Patience,
): Promise<readonly Finding[]> {
  if (place.kind !== "server" || health === undefined) return [];
  return serverFindings(await health.server(patienceMs), place.name);
}

async function contentFindings({ place, health }: Home, patience: Patience): Promise<readonly Finding[]> {
  return health === undefined
    ? []
    : storeFindings(await health.store(), place.name, { ...patience, isShared: place.kind === "server" });
}

function schemaFinding(where: string, pending: readonly string[], isNew: boolean): Finding {
  const what = "schema";
  if (pending.length === 0) return ok({ what, where, says: "up to date" });
  const says = `migrations pending: ${pending.join(", ")}`;
  if (isNew) return note({ what, where, says: `${says} (none has run yet: the first ingest runs them)` });
  return problem({ what, where, says, todo: 'run "millrace migrate"' });
}

async function vectorFinding({ place, collections }: Home): Promise<Finding> {
  const what = "vectors";
  const notice = await collections.prepare();
  if (notice !== undefined) return note({ what, where: place.name, says: notice });
  return ok({ what, where: place.name, says: place.kind === "memory" ? "in memory" : "pgvector" });
}
