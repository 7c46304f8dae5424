// Owns `npm run bench:bulk`: the rows of bulk work, round by round, and whether the bars hold.
// --rounds <n> (5), --rows <key,…> (all), --no-save leaves RESULTS as they are.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureInstalled } from "../../scripts/install.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { reportFailure, run, runStage } from "../../scripts/stages.mjs";
import { judge } from "./bars.mjs";
import { renderBars, renderResults, renderTables } from "./report.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      rows: { type: "string" },
      "no-save": { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  await prepare();
  const { listRows } = await import("./rows.mjs"); // imports what prepare() builds
  const rows = chooseRows(listRows(), values.rows);
  const server = await startPostgres();
  try {
    await report({
      results: await measureAll({ rows, rounds, url: server.url }),
      rounds,
      isSaved: !values["no-save"],
    });
  } finally {
    await server.stop();
  }
}

async function prepare() {
  await runStage("install", () => ensureInstalled());
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  await runStage("plot", () => ensureInstalled(HERE));
}

function chooseRows(rows, keys) {
  if (keys === undefined) return rows;
  const wanted = keys.split(",");
  const unknown = wanted.filter((key) => !rows.some((row) => row.key === key));
  if (unknown.length > 0)
    throw new Error(`no row ${unknown.join(", ")}; there are ${rows.map(({ key }) => key).join(", ")}`);
  return rows.filter(({ key }) => wanted.includes(key));
}

/** Round by round, so that a slow minute of the machine hits every system. */
async function measureAll({ rows, rounds, url }) {
  const results = rows.map((row) => ({ row, runs: row.systems.map(() => []) }));
  for (let round = 1; round <= rounds; round++) {
    for (const { row, runs } of results) {
      for (const [index, system] of row.systems.entries()) {
        const { items, seconds } = await system.measure({ url });
        runs[index].push(items / seconds);
        console.log(
          `round ${round}: ${row.key} ${system.name.padEnd(28)} ${(items / seconds).toFixed(0)} ${row.unit}`,
        );
      }
    }
  }
  return results;
}

async function report({ results, rounds, isSaved }) {
  const bars = judge(results);
  console.log(`\n${renderTables(results)}\n\n${renderBars(bars)}`);
  if (bars.some(({ holds }) => !holds)) process.exitCode = 1;
  if (!isSaved) return;
  const { writePlot } = await import("./plot.mjs"); // its libraries are there only after prepare()
  writePlot(join(HERE, "RESULTS.svg"), results);
  writeFileSync(join(HERE, "RESULTS.md"), renderResults({ results, bars, rounds, plot: "RESULTS.svg" }));
}

main().catch(reportFailure);
