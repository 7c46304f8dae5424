// Owns the shape of package-lock.json: every optional platform package has an entry, no entry names a registry host.
//
// A registry that carries only some platforms makes npm leave the others out, and `npm ci` then refuses the lock it
// wrote itself. The missing entries follow from their parents: an exact version, the platform in the name.
// Run after any change of dependencies; `--check` only says what is wrong and exits 1.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SYSTEMS = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const PROCESSORS = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el"];
const LIBRARIES = [
  ["musl", "musl"],
  ["gnu", "glibc"],
];
const FIELDS_OF_PARENT = ["dev", "devOptional", "peer"];

/** Completes the lockfile's `packages` in place; returns the names of the entries added. */
export function completePackages(packages) {
  const added = [];
  for (const [parentPath, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (isResolvable(packages, parentPath, name)) continue;
      packages[`node_modules/${name}`] = platformEntry(name, version, parent);
      added.push(`${name}@${version}`);
    }
  }
  return added;
}

/** Drops every download address; npm finds packages by name, and the integrity hash still guards them. */
export function dropHosts(packages) {
  const dropped = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (!/^https?:/.test(entry.resolved ?? "")) continue;
    delete entry.resolved;
    dropped.push(path);
  }
  return dropped;
}

function isResolvable(packages, parentPath, name) {
  for (let at = parentPath; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    if (packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`] !== undefined) return true;
    if (at === "") return false;
  }
}

function platformEntry(name, version, parent) {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = PROCESSORS.find((processor) => words.includes(processor));
  if (os === undefined || cpu === undefined || !/^\d/.test(version)) {
    throw new Error(
      `package-lock.json lacks ${name}@${version}, and its platform does not follow from its name`,
    );
  }
  const inherited = Object.fromEntries(
    FIELDS_OF_PARENT.filter((field) => parent[field]).map((field) => [field, parent[field]]),
  );
  const libc = LIBRARIES.find(([word]) => words.includes(word))?.[1];
  return { version, cpu: [cpu], ...inherited, ...(libc && { libc: [libc] }), optional: true, os: [os] };
}

function sortByPath(packages) {
  return Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en")));
}

function main() {
  const file = process.argv.slice(2).find((word) => word !== "--check") ?? "package-lock.json";
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const added = completePackages(lock.packages);
  const dropped = dropHosts(lock.packages);
  for (const entry of added) console.log(`missing entry: ${entry}`);
  for (const path of dropped) console.log(`names a host: ${path}`);
  if (added.length + dropped.length === 0) return;
  if (process.argv.includes("--check")) {
    console.error(`${file}: run \`node scripts/complete-lockfile.mjs\` and commit the result`);
    process.exitCode = 1;
    return;
  }
  lock.packages = sortByPath(lock.packages);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
