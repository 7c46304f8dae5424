/** Looks at everything a command needs, and says of each thing how it is. */
import { existsSync } from "node:fs";
import type { Settings } from "../config/settings.ts";
import { createHome, type Home } from "../home/home.ts";
import { oneLine } from "./error-line.ts";

/** One thing that was looked at. */
export interface Finding {
  /** `note`: works, but worth knowing. `problem`: somebody has to do something. */
  readonly level: "ok" | "note" | "problem";
  readonly what: string;
  readonly says: string;
}

const OLDEST_NODE: readonly [number, number] = [20, 19];

/** Looks at Node, settings and store, changing nothing but what preparing collections makes. */
export async function examine(settings: Settings): Promise<readonly Finding[]> {
  const changed = settings.list().filter(({ source }) => source !== "default");
  const says = changed.length === 0 ? "all defaults" : changed.map(({ key }) => key).join(", ");
  return [
    nodeFinding(process.versions.node),
    { level: "ok", what: "settings", says },
    ...(await store(settings)),
  ];
}

/** Whether this Node is new enough. */
function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  return isOld
    ? { level: "problem", what: "node", says: `${version}: millrace needs ${OLDEST_NODE.join(".")} or newer` }
    : { level: "ok", what: "node", says: version };
}

async function store(settings: Settings): Promise<readonly Finding[]> {
  try {
    const home = await createHome(settings);
    const { place } = home;
    if (place.kind === "embedded" && !existsSync(place.directory)) {
      return [
        { level: "note", what: "store", says: `${place.name} is not there yet: the first ingest makes it` },
      ];
    }
    try {
      return await openStore(home);
    } finally {
      await home.store.close();
    }
  } catch (error) {
    return [{ level: "problem", what: "store", says: oneLine(error) }];
  }
}

async function openStore(home: Home): Promise<readonly Finding[]> {
  const info = await home.store.open();
  const { pending, isNew } = await home.schema();
  const durability: Finding = {
    level: home.place.kind === "memory" ? "note" : "ok",
    what: "durability",
    says: info.durability,
  };
  return [
    { level: "ok", what: "store", says: `${info.kind} ${info.version} at ${home.place.name}` },
    durability,
    schemaFinding(pending, isNew),
    ...(isNew ? [] : [await vectorFinding(home)]),
  ];
}

function schemaFinding(pending: readonly string[], isNew: boolean): Finding {
  if (pending.length === 0) return { level: "ok", what: "schema", says: "up to date" };
  const says = `migrations pending: ${pending.join(", ")}`;
  return isNew
    ? { level: "note", what: "schema", says: `${says} (none has run yet: the first ingest runs them)` }
    : { level: "problem", what: "schema", says: `${says}: run any command with store.migrate "auto"` };
}

async function vectorFinding(home: Home): Promise<Finding> {
  const notice = await home.collections.prepare();
  if (notice !== undefined) return { level: "note", what: "vectors", says: notice };
  return { level: "ok", what: "vectors", says: home.place.kind === "memory" ? "in memory" : "pgvector" };
}
