// Owns where PostgreSQL's server programs are: on PATH, in Debian's folders, or installed from there.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { aptInstall, isDebian, isRoot } from "./apt.mjs";

const DEBIAN_ROOT = "/usr/lib/postgresql";
const CLUSTER_CONFIG = "/etc/postgresql-common/createcluster.conf";

/** The folder with `postgres` and `initdb`; installs Debian's package as root where there is none. */
export function ensurePostgresBinaries() {
  const found = findPostgresBinaries();
  if (found !== undefined) return found;
  if (isDebian() && isRoot()) refuseSystemCluster();
  aptInstall(["postgresql"], "PostgreSQL's server (or MILLRACE_TEST_POSTGRES_URL naming one)");
  const installed = findPostgresBinaries();
  if (installed === undefined)
    throw new Error(`apt-get installed postgresql, but ${DEBIAN_ROOT}/*/bin has no server`);
  return installed;
}

/** The newest usable folder of server programs on this machine, or undefined. */
function findPostgresBinaries() {
  return [...foldersOnPath(), ...debianFolders()].find(isServerFolder);
}

function foldersOnPath() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const programs = folders.map((folder) => join(folder, "postgres")).filter((file) => existsSync(file));
  return programs.map((file) => dirname(realpathSync(file)));
}

function debianFolders() {
  if (!existsSync(DEBIAN_ROOT)) return [];
  const versions = readdirSync(DEBIAN_ROOT).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN_ROOT, version, "bin"));
}

/** Wrapper scripts are passed over: they may switch user or add options of their own. */
function isServerFolder(folder) {
  return ["postgres", "initdb"].every((name) => {
    const file = join(folder, name);
    return existsSync(file) && !startsWithShebang(file);
  });
}

function startsWithShebang(file) {
  const start = Buffer.alloc(2);
  const handle = openSync(file, "r");
  readSync(handle, start);
  closeSync(handle);
  return start.toString("latin1") === "#!";
}

/** Debian's package would otherwise create and start a cluster on port 5432 that nobody asked for. */
function refuseSystemCluster() {
  if (existsSync(CLUSTER_CONFIG)) return;
  mkdirSync(dirname(CLUSTER_CONFIG), { recursive: true });
  writeFileSync(CLUSTER_CONFIG, "create_main_cluster = false\n");
}
