// Owns where Redis's server program is: on PATH, or installed from Debian without the service that goes with it.
import { aptInstall, findOnPath } from "./apt.mjs";

/**
 * The server program and the name to start it under; installs it as root on Debian where there is none.
 * Debian's `redis-server` package is a link to this program of `redis-tools` plus a system service nobody asked for;
 * the program tells by its name what it is to do.
 * @returns {{readonly file: string, readonly name: string}}
 */
export function ensureRedisBinary() {
  const found = findRedisBinary();
  if (found !== undefined) return found;
  aptInstall(["redis-tools"], "Redis's server (or MILLRACE_TEST_REDIS_URL naming one)");
  const installed = findRedisBinary();
  if (installed === undefined)
    throw new Error("apt-get installed redis-tools, but no Redis server is on PATH");
  return installed;
}

function findRedisBinary() {
  const file = findOnPath("redis-server") ?? findOnPath("redis-check-rdb");
  return file && { file, name: "redis-server" };
}
