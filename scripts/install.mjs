// Owns whether the dependencies on disk are the lockfile's, and installs them when they are not.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readLockedPackages } from "./lockfile.mjs";
import { ROOT, run } from "./stages.mjs";

const OLDEST_NODE = [20, 19];

/**
 * Installs with `npm ci` in `folder` unless its node_modules already holds what its package-lock.json says.
 * Returns what it did, as lines.
 */
export async function ensureInstalled(folder = ROOT) {
  requireNode();
  const stale = findStaleness(folder);
  if (stale === undefined) return ["up to date"];
  await run(["npm", "ci", "--no-audit", "--no-fund"], { cwd: folder });
  return [`npm ci: ${stale}`];
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new Error(`millrace needs Node ${OLDEST_NODE.join(".")} or newer; this is ${process.version}`);
}

/** Why an install is due, or undefined. npm keeps a lockfile of what it really installed inside node_modules. */
function findStaleness(folder) {
  const installedFile = join(folder, "node_modules/.package-lock.json");
  if (!existsSync(installedFile)) return "nothing installed yet";
  const wanted = readLockedPackages(join(folder, "package-lock.json"));
  const installed = readLockedPackages(installedFile);
  for (const [path, entry] of Object.entries(wanted)) {
    const isOptional = entry.optional === true || entry.devOptional === true;
    if (isOptional && installed[path] === undefined) continue;
    if (isDependency(path) && !isSame(entry, installed[path]))
      return `${path} differs from package-lock.json`;
  }
  const extra = Object.keys(installed).find((path) => isDependency(path) && wanted[path] === undefined);
  return extra === undefined ? undefined : `${extra} is not in package-lock.json`;
}

function isDependency(path) {
  return path.includes("node_modules/");
}

function isSame(wanted, installed) {
  return installed !== undefined && wanted.version === installed.version && wanted.link === installed.link;
}
