// Owns a private Redis server: its own temp folder, a free loopback port, gone with the process that started it.
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess, findFreePort, isRunning, startGuard } from "./private-server.mjs";
import { ensureRedisBinary } from "./redis-binary.mjs";

const STARTS = 5;
const READY_MS = 30_000;

/**
 * Starts a server that appends to its log once a second, takes no snapshots and never evicts.
 * `stop` ends it by pid and removes its folder; should this process die first, a guard process does both.
 * @param {Readonly<Record<string, string | number>>} [given] settings of redis.conf beside these
 * @returns {Promise<{readonly url: string, readonly pid: number, stop(): Promise<void>}>}
 */
export async function startRedis(given = {}) {
  const binary = ensureRedisBinary();
  const folder = mkdtempSync(join(tmpdir(), "millrace-redis-"));
  const pidFile = join(folder, "redis.pid");
  try {
    const { server, port } = await startWithRetries({ binary, folder, pidFile, given });
    const guard = startGuard({ pid: server.pid, pidFile, signal: "TERM", folder });
    return {
      url: `redis://127.0.0.1:${port}`,
      pid: server.pid,
      stop: () => stopServer({ server, guard, folder }),
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Another process may take the free port first. */
async function startWithRetries(place) {
  for (let start = 1; ; start++) {
    const port = await findFreePort();
    const server = launch(place, port);
    if (await becomesReady(server, place.pidFile)) return { server, port };
    await endProcess(server, "SIGKILL");
    if (start === STARTS)
      throw new Error(`Redis did not start:\n${readOrEmpty(join(place.folder, "server.log"))}`);
    await sleep(200 * start);
  }
}

function launch({ binary, folder, pidFile, given }, port) {
  const settings = {
    bind: "127.0.0.1",
    port,
    dir: folder,
    pidfile: pidFile,
    appendonly: "yes",
    appendfsync: "everysec",
    save: "",
    "maxmemory-policy": "noeviction",
    ...given,
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const output = openSync(join(folder, "server.log"), "a");
  // Detached: Ctrl-C in the terminal must not stop the server under tests that are still finishing.
  const server = spawn(binary.file, words, {
    argv0: binary.name,
    cwd: folder,
    stdio: ["ignore", output, output],
    detached: true,
  });
  closeSync(output);
  server.once("error", () => {}); // shows as an exit without a pid file
  server.unref();
  return server;
}

/** Redis writes its pid file once it listens; an empty data folder leaves it nothing to load. */
async function becomesReady(server, pidFile) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && isRunning(server)) {
    if (readOrEmpty(pidFile).trim() === String(server.pid)) return true;
    await sleep(10);
  }
  return false;
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not written yet
  }
}

async function stopServer({ server, guard, folder }) {
  await endProcess(server, "SIGTERM");
  await endProcess(guard, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
