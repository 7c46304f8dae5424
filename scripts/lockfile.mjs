// Owns reading package-lock.json the way Node resolves: which entry a package at some path gets for a name.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./stages.mjs";

/** The `packages` of a lockfile, by path. */
export function readLockedPackages(file = join(ROOT, "package-lock.json")) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

/** The path of the entry that `name` resolves to from the package at `fromPath`, links followed; or undefined. */
export function resolveEntry(packages, fromPath, name) {
  for (let at = fromPath; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const path = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    const entry = packages[path];
    if (entry !== undefined) return entry.link ? entry.resolved : path;
    if (at === "") return undefined;
  }
}
