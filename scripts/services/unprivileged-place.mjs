// Owns where servers live that refuse to run as root: a temp folder, and the user it belongs to.
import { chownSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isRoot } from "./apt.mjs";

/**
 * A new folder for `program`, and the user to start it as: one without rights where this process is root.
 * @param {string} program as messages call it
 * @param {string} prefix of the folder's name
 * @returns {{readonly folder: string, readonly owner: {readonly uid: number, readonly gid: number} | undefined}}
 */
export function makeUnprivilegedPlace(program, prefix) {
  const owner = isRoot() ? findUnprivilegedUser(program) : undefined;
  const folder = mkdtempSync(join(publicTempFolder(), prefix));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  return { folder, owner };
}

function findUnprivilegedUser(program) {
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = users.find((line) => line.startsWith(`${name}:`))?.split(":");
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error(
    `${program} refuses to run as root, and this machine has neither a user postgres nor nobody`,
  );
}

/** The first temp folder every user can enter. */
function publicTempFolder() {
  const usable = [tmpdir(), "/tmp", "/var/tmp"].find((folder) => !isRoot() || isOpenToAll(folder));
  if (usable === undefined) throw new Error(`no temp folder that other users can enter: set TMPDIR to one`);
  return usable;
}

function isOpenToAll(folder) {
  if ((statSync(folder, { throwIfNoEntry: false })?.mode ?? 0) & 0o001) {
    return folder === dirname(folder) || isOpenToAll(dirname(folder));
  }
  return false;
}
