// Owns a private PgBouncer in transaction mode: its own temp folder, a free loopback port, gone with who started it.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensurePgbouncerBinary } from "./pgbouncer-binary.mjs";
import { endProcess, findFreePort, isRunning, startGuard } from "./private-server.mjs";
import { makeUnprivilegedPlace } from "./unprivileged-place.mjs";

const STARTS = 5;
const READY_MS = 30_000;
const READY_LINE = /process up:/;

/**
 * Starts a pooler before the PostgreSQL at `target`. Its clients' transactions go to its server connections in turn, so
 * that hardly two in a row meet the same one; its server connections do not wait for a commit to be on the disk.
 * `stop` ends it by pid and removes its folder; should this process die first, a guard process does both.
 * `restart` ends it at once, with all its connections, and starts it again at the same address.
 * @param {string} target a PostgreSQL URL
 * @returns {Promise<{readonly url: string, readonly pid: number, restart(): Promise<void>, stop(): Promise<void>}>}
 */
export async function startPgbouncer(target) {
  const { folder, owner } = makeUnprivilegedPlace("PgBouncer", "millrace-pgbouncer-");
  const place = { binary: ensurePgbouncerBinary(), folder, owner, target: new URL(target) };
  try {
    let { server, port } = await startWithRetries(place, findFreePort);
    let guard = guardOf(server, place);
    return {
      url: Object.assign(new URL(target), { hostname: "127.0.0.1", port: String(port) }).href,
      get pid() {
        return server.pid;
      },
      restart: async () => {
        await endProcess(guard, "SIGKILL");
        await endProcess(server, "SIGTERM");
        ({ server } = await startWithRetries(place, () => port));
        guard = guardOf(server, place);
      },
      stop: async () => {
        await endProcess(server, "SIGTERM");
        await endProcess(guard, "SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Another process may take the free port first. */
async function startWithRetries(place, choosePort) {
  for (let start = 1; ; start++) {
    const port = await choosePort();
    const server = launch(place, port);
    if (await becomesReady(server, logOf(place))) return { server, port };
    await endProcess(server, "SIGKILL");
    if (start === STARTS) throw new Error(`PgBouncer did not start:\n${readFileSync(logOf(place), "utf8")}`);
    await sleep(200 * start);
  }
}

function launch(place, port) {
  const { binary, folder, owner } = place;
  const config = join(folder, "pgbouncer.ini");
  writeFileSync(config, configuration(place, port));
  writeFileSync(join(folder, "users.txt"), usersOf(place.target));
  const output = openSync(logOf(place), "w");
  // Detached: Ctrl-C in the terminal must not stop it under tests that are still finishing.
  const server = spawn(binary, [config], {
    cwd: folder,
    stdio: ["ignore", output, output],
    detached: true,
    ...owner,
  });
  closeSync(output);
  server.once("error", () => {}); // shows as an exit before it is up
  server.unref();
  return server;
}

function configuration({ folder, target }, port) {
  return `[databases]
* = host=${target.hostname} port=${target.port || "5432"} connect_query='set synchronous_commit = off'

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, "users.txt")}
pidfile = ${pidFileOf(folder)}
pool_mode = transaction
server_round_robin = 1
default_pool_size = 20
min_pool_size = 4
max_client_conn = 200
log_connections = 0
log_disconnections = 0
`;
}

/** Whoever may come in, and as whom it goes on to the server. */
function usersOf({ username, password }) {
  const quoted = [username, password].map((each) => `"${decodeURIComponent(each).replaceAll('"', '""')}"`);
  return `${quoted.join(" ")}\n`;
}

async function becomesReady(server, log) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && isRunning(server)) {
    if (READY_LINE.test(readFileSync(log, "utf8"))) return true;
    await sleep(10);
  }
  return false;
}

function guardOf({ pid }, { folder }) {
  return startGuard({ pid, pidFile: pidFileOf(folder), signal: "TERM", folder });
}

function logOf({ folder }) {
  return join(folder, "pgbouncer.log");
}

function pidFileOf(folder) {
  return join(folder, "pgbouncer.pid");
}
