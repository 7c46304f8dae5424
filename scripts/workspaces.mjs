// Owns what the scripts know of the workspace packages: their folders, manifests and packed tarballs.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "./stages.mjs";

/** The packages that get published, as `{name, folder, manifest}`. */
export function listPublicPackages() {
  const folders = readdirSync(join(ROOT, "packages"));
  const packages = folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, "packages", folder, "package.json"), "utf8"));
    return { name: manifest.name, folder: `packages/${folder}`, manifest };
  });
  return packages.filter(({ manifest }) => manifest.private !== true);
}

/** Packs every public package into `target`; returns what `npm pack --json` says of each. */
export async function packAll(target) {
  const workspaces = listPublicPackages().flatMap(({ name }) => ["--workspace", name]);
  const output = await run([
    "npm",
    "pack",
    "--json",
    "--silent",
    "--pack-destination",
    target,
    ...workspaces,
  ]);
  const listing = JSON.parse(output.slice(output.search(/^[[{]/m)));
  return Array.isArray(listing) ? listing : Object.values(listing);
}
