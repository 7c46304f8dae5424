// Owns a private PostgreSQL server: its own temp folder, a free loopback port, gone with the process that started it.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensurePostgresBinaries } from "./postgres-binaries.mjs";
import { endProcess, findFreePort, isRunning, startGuard } from "./private-server.mjs";
import { makeUnprivilegedPlace } from "./unprivileged-place.mjs";

const STARTS = 5;
const READY_MS = 60_000;
const LINE_OF_STATUS = 7; // of postmaster.pid; pg_ctl waits for "ready" there too

/**
 * Starts a server with PostgreSQL's default, durable settings and 200 connections.
 * `stop` ends it by pid and removes its folder; should this process die first, a guard process does both.
 * `crash` kills it at once, as a power cut would end it, and starts it again over the same data, at the same address.
 * @returns {Promise<{readonly url: string, readonly pid: number, crash(): Promise<void>, stop(): Promise<void>}>}
 */
export async function startPostgres() {
  const place = makePlace();
  try {
    initialise(place);
    let { server, port } = await startWithRetries(place, findFreePort);
    let guard = guardOf(server, place);
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      get pid() {
        return server.pid;
      },
      crash: async () => {
        await endProcess(guard, "SIGKILL");
        await endProcess(server, "SIGKILL");
        ({ server } = await startWithRetries(place, () => port));
        guard = guardOf(server, place);
      },
      stop: () => stopServer({ server, guard, folder: place.folder }),
    };
  } catch (error) {
    rmSync(place.folder, { recursive: true, force: true });
    throw error;
  }
}

/** Where the server lives and as whom it runs. */
function makePlace() {
  const binaries = ensurePostgresBinaries();
  const { folder, owner } = makeUnprivilegedPlace("PostgreSQL", "millrace-pg-");
  const spawnOptions = { cwd: folder, env: { ...process.env, LC_ALL: "C", TZ: "UTC" }, ...owner };
  return { binaries, folder, data: join(folder, "data"), log: join(folder, "server.log"), spawnOptions };
}

function initialise({ binaries, data, spawnOptions }) {
  const words = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"];
  const run = spawnSync(join(binaries, "initdb"), words, { ...spawnOptions, encoding: "utf8" });
  if (run.status !== 0) {
    throw new Error(`initdb in ${data} failed: ${run.error?.message ?? `${run.stdout}${run.stderr}`}`);
  }
}

/** Another process may take the free port first, and what a crash left behind may refuse a first start. */
async function startWithRetries(place, choosePort) {
  for (let start = 1; ; start++) {
    const port = await choosePort();
    const server = launch(place, port);
    if (await becomesReady(server, place.data)) return { server, port };
    await endProcess(server, "SIGQUIT");
    if (start === STARTS) throw new Error(`PostgreSQL did not start:\n${readFileSync(place.log, "utf8")}`);
    await sleep(200 * start);
  }
}

function launch({ binaries, folder, data, log, spawnOptions }, port) {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    max_connections: 200,
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const output = openSync(log, "a");
  // Detached: Ctrl-C in the terminal must not stop the server under tests that are still finishing.
  const stdio = ["ignore", output, output];
  const server = spawn(join(binaries, "postgres"), ["-D", data, ...words], {
    ...spawnOptions,
    stdio,
    detached: true,
  });
  closeSync(output);
  server.once("error", () => {}); // shows as an exit without "ready"
  server.unref();
  return server;
}

async function becomesReady(server, data) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && isRunning(server)) {
    if (statusLine(data, server.pid) === "ready") return true;
    await sleep(20);
  }
  return false;
}

function statusLine(data, pid) {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    return lines[0] === String(pid) ? lines[LINE_OF_STATUS]?.trim() : undefined;
  } catch {
    return undefined; // not written yet
  }
}

function guardOf({ pid }, { data, folder }) {
  return startGuard({ pid, pidFile: join(data, "postmaster.pid"), signal: "QUIT", folder });
}

async function stopServer({ server, guard, folder }) {
  await endProcess(server, "SIGINT");
  await endProcess(guard, "SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
