// Owns the size budgets: what installing each package puts on disk, measured from the files npm installed here.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readLockedPackages, resolveEntry } from "./lockfile.mjs";
import { ROOT } from "./stages.mjs";

const MB = 1_000_000;
const LARGEST_SHOWN = 4;
const BUDGETS = [
  { packages: ["@millrace/core"], maxBytes: 2 * MB },
  { packages: ["@millrace/core", "@millrace/redis"], maxBytes: 5 * MB },
  { packages: ["millrace"], maxBytes: 180 * MB },
];

/**
 * Compares every budget whose packages exist with what they install; `packed` is the listing of `packAll`.
 * Returns the table; throws past a budget.
 */
export function checkSizeBudgets(packed) {
  const lock = readLockedPackages();
  const packedBytes = new Map(packed.map(({ name, unpackedSize }) => [name, unpackedSize]));
  const applicable = BUDGETS.filter(({ packages }) => packages.every((name) => packedBytes.has(name)));
  const rows = applicable.map((budget) => ({ ...budget, ...measure(lock, packedBytes, budget.packages) }));
  const table = rows.flatMap(describe);
  const isBroken = rows.some(({ bytes, maxBytes }) => bytes > maxBytes);
  if (isBroken) throw new Error(`over the size budget:\n${table.join("\n")}`);
  return table;
}

function measure(lock, packedBytes, names) {
  const parts = productionClosure(lock, names).map((path) => ({
    path,
    bytes: packedBytes.get(nameOf(lock, path)) ?? folderBytes(join(ROOT, path)),
  }));
  parts.sort((a, b) => b.bytes - a.bytes);
  return { parts, bytes: parts.reduce((sum, part) => sum + part.bytes, 0) };
}

/** npm leaves the name out where the folder already says it. */
function nameOf(lock, path) {
  return lock[path].name ?? path.replace(/^.*(node_modules|packages)\//, "");
}

/** The lockfile paths of everything npm installs for `names` on this platform, themselves included. */
function productionClosure(lock, names) {
  const closure = new Set();
  const queue = names.map((name) => resolveEntry(lock, "", name));
  for (const path of queue) {
    if (path === undefined || closure.has(path) || !existsSync(join(ROOT, path))) continue;
    closure.add(path);
    for (const name of productionDependencies(lock[path])) queue.push(resolveEntry(lock, path, name));
  }
  return [...closure];
}

/** Optional dependencies count where they are installed; optional peers never. */
function productionDependencies({
  dependencies,
  optionalDependencies,
  peerDependencies,
  peerDependenciesMeta,
}) {
  const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta?.[name]?.optional);
  return [...Object.keys(dependencies ?? {}), ...Object.keys(optionalDependencies ?? {}), ...peers];
}

/** Nested node_modules are entries of their own. */
function folderBytes(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + folderBytes(path);
    return sum + (entry.isFile() ? statSync(path).size : 0);
  }, 0);
}

function describe({ packages, maxBytes, bytes, parts }) {
  const verdict = bytes > maxBytes ? "OVER" : "ok";
  const largest = parts
    .slice(0, LARGEST_SHOWN)
    .map((part) => `${part.path.replace(/^.*node_modules\//, "")} ${inMb(part.bytes)}`);
  return [
    `${packages.join(" + ").padEnd(32)} ${inMb(bytes).padStart(6)} of ${maxBytes / MB} MB  ${verdict}  (${parts.length} packages)`,
    `  largest: ${largest.join(", ")}`,
  ];
}

function inMb(bytes) {
  return (bytes / MB).toFixed(1);
}
