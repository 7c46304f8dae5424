// Owns running the measurements: each in a process and a database of its own, all systems of a row in turn.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import { figuresOf } from "./figures.mjs";

const execute = promisify(execFile);
const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Longest measurement; some peers take a while. */
const LIMIT_MS = 300_000;
/** graphile-worker and pg-boss need Node 22 or newer, so all run on the Node that npm brings. */
const NODE = `${HERE}node_modules/node-${process.platform}-${process.arch}/bin/node`;

/** The version everything is measured on. */
export async function node() {
  return (await execute(runtime(), ["--version"])).stdout.trim();
}

/** Gives per row `{row, runs}`, `runs` the raw figures by system, one a round. */
export async function measureAll({ server, rows, rounds }) {
  const admin = new pg.Client(server.url);
  await admin.connect();
  admin.on("error", () => undefined); // the server may stop first, after a failure told already
  const results = rows.map((row) => ({
    row,
    runs: Object.fromEntries(Object.keys(row.systems).map((name) => [name, []])),
  }));
  for (let round = 1; round <= rounds; round++) {
    for (const { row, runs } of results) {
      for (const [system, jobs] of Object.entries(row.systems)) {
        const order = { system, jobs, scene: row.scene, ...row.order };
        const raw = await (row.isServerless ? measure(order) : measureOn({ server, admin }, order));
        runs[system].push(raw);
        console.log(`round ${round}: ${row.key.padEnd(16)} ${system.padEnd(16)} ${describe(raw)}`);
      }
    }
  }
  await admin.end();
  return results;
}

/** On an empty database, with what the one before left to be written out of the way. */
async function measureOn({ server, admin }, order) {
  const database = "bench";
  await admin.query(`create database ${database}`);
  await admin.query("checkpoint");
  try {
    const url = server.url.replace(/[^/]*$/, database);
    return await measure({ ...order, url, postmaster: server.pid });
  } finally {
    await admin.query(`drop database ${database} with (force)`);
  }
}

async function measure(order) {
  const words = [`${HERE}measure.mjs`, JSON.stringify(order)];
  const { stdout } = await execute(runtime(), words, { timeout: LIMIT_MS, maxBuffer: 1e8 });
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

function runtime() {
  if (existsSync(NODE)) return NODE;
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  throw new Error(`the peers need Node 22 or newer: there is no ${NODE}, and this is ${process.version}`);
}

function describe(raw) {
  const { rate, latency, nodeCpu, serverCpu } = figuresOf(raw);
  if (latency !== undefined) return `${latency.toFixed(2)} ms`;
  const server = serverCpu === undefined ? "" : `, server ${serverCpu.toFixed(1)} µs/job`;
  return `${rate.toFixed(0)} jobs/s, node ${nodeCpu.toFixed(1)} µs/job${server}`;
}
