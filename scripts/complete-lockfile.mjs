// Owns the shape of the lockfiles: every optional platform package has an entry, no entry names a registry host.
//
// A registry that carries only some platforms makes npm leave the others out, and `npm ci` then refuses the lock it
// wrote itself. The missing entries follow from their parents: an exact version, the platform in the name.
// Run after any change of dependencies; `--check` only says what is wrong and exits 1.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolveEntry } from "./lockfile.mjs";
import { ROOT, reportFailure } from "./stages.mjs";

const LOCKFILES = [
  "package-lock.json",
  "bench/bulk/package-lock.json",
  "bench/ingest/package-lock.json",
  "bench/jobs/package-lock.json",
];
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
function completePackages(packages) {
  const added = [];
  for (const [parentPath, parent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (resolveEntry(packages, parentPath, name) !== undefined) continue;
      packages[`node_modules/${name}`] = platformEntry(name, version, parent);
      added.push(`${name}@${version}`);
    }
  }
  return added;
}

/** Drops every download address; npm finds packages by name, and the integrity hash still guards them. */
function dropHosts(packages) {
  const dropped = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (!/^https?:/.test(entry.resolved ?? "")) continue;
    delete entry.resolved;
    dropped.push(path);
  }
  return dropped;
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

function complete(file, isCheck) {
  const path = join(ROOT, file);
  const lock = JSON.parse(readFileSync(path, "utf8"));
  const added = completePackages(lock.packages);
  const dropped = dropHosts(lock.packages);
  for (const entry of added) console.log(`${file}: missing entry ${entry}`);
  for (const entry of dropped) console.log(`${file}: names a host at ${entry}`);
  if (added.length + dropped.length === 0) return;
  if (isCheck) throw new Error(`${file}: run \`node scripts/complete-lockfile.mjs\` and commit the result`);
  writeFileSync(
    path,
    `${JSON.stringify({ ...lock, packages: sortByPath(lock.packages) }, null, 2)}
`,
  );
}

try {
  for (const file of LOCKFILES) complete(file, process.argv.includes("--check"));
} catch (error) {
  reportFailure(error);
}
