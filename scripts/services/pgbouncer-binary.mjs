// Owns where PgBouncer's program is: on PATH, in Debian's folder for servers, or installed without its service.
import { existsSync } from "node:fs";
import { aptInstallWithoutService, findOnPath } from "./apt.mjs";

/** Not on everybody's PATH. */
const DEBIAN_FILE = "/usr/sbin/pgbouncer";

/** The program's path; installs Debian's package as root where there is none. */
export function ensurePgbouncerBinary() {
  const found = findPgbouncerBinary();
  if (found !== undefined) return found;
  aptInstallWithoutService(["pgbouncer"], "PgBouncer (or MILLRACE_TEST_PGBOUNCER_URL naming one)");
  const installed = findPgbouncerBinary();
  if (installed === undefined)
    throw new Error(`apt-get installed pgbouncer, but ${DEBIAN_FILE} is not there`);
  return installed;
}

function findPgbouncerBinary() {
  return findOnPath("pgbouncer") ?? (existsSync(DEBIAN_FILE) ? DEBIAN_FILE : undefined);
}
