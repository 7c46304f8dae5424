// Owns what the scripts ask of Debian's package manager: fresh lists, installing, and saying why it cannot.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const LISTS = "/var/lib/apt/lists";
/** Debian asks this program before a package starts its service (invoke-rc.d(8)). */
const SERVICE_POLICY = "/usr/sbin/policy-rc.d";
const NO_SERVICES = "#!/bin/sh\nexit 101\n";
const WAIT_FOR_OTHERS = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
const QUIET_ENV = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };

/** The first executable called `name` on PATH, or undefined. */
export function findOnPath(name) {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** True where `apt-get` and `dpkg-deb` exist. */
export function isDebian() {
  return findOnPath("apt-get") !== undefined && findOnPath("dpkg-deb") !== undefined;
}

export function isRoot() {
  return process.getuid?.() === 0;
}

/** True once `apt-get update` has left lists of packages on this machine. */
export function hasPackageLists() {
  return existsSync(LISTS) && readdirSync(LISTS).some((file) => /_Packages(\.\w+)?$/.test(file));
}

/**
 * Runs apt-get and returns its output; throws with the output when it fails.
 * Waits up to five minutes for another package manager to finish.
 */
export function aptGet(words, { cwd } = {}) {
  const run = spawnSync("apt-get", [...WAIT_FOR_OTHERS, ...words], { cwd, env: QUIET_ENV, encoding: "utf8" });
  const output = `${run.stdout ?? ""}${run.stderr ?? ""}`;
  if (run.status === 0) return output;
  throw new Error(
    `apt-get ${words.join(" ")} failed (${run.error?.message ?? `exit ${run.status}`}):\n${output}`,
  );
}

/** Installs Debian packages as root, for `purpose`; throws with what to do where that is not possible. */
export function aptInstall(packages, purpose) {
  if (!isDebian() || !isRoot()) {
    const who = isDebian() ? "needs root to install it" : "this is not Debian";
    throw new Error(`${purpose} is missing and ${who}: install ${packages.join(", ")} and run again`);
  }
  if (!hasPackageLists()) aptGet(["update"]);
  const install = ["install", "-y", "--no-install-recommends", ...packages];
  try {
    aptGet(install);
  } catch {
    aptGet(["update"]); // lists older than the mirror name files that are gone
    aptGet(install);
  }
}

/** As `aptInstall`; the services that belong to the packages are not started. */
export function aptInstallWithoutService(packages, purpose) {
  const isOurs = isDebian() && isRoot() && !existsSync(SERVICE_POLICY);
  if (isOurs) writeFileSync(SERVICE_POLICY, NO_SERVICES, { mode: 0o755 });
  try {
    aptInstall(packages, purpose);
  } finally {
    if (isOurs) rmSync(SERVICE_POLICY);
  }
}
