// Owns `npm run bench:jobs`: ours and the peers in turn, row by row, round by round, and whether the bars hold.
// --rounds <n> (3), --jobs <n> of a drain (50000), --rows <key,…> (all), --growth adds the rows of a burdened store,
// --no-save leaves RESULTS as they are.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureInstalled } from "../../scripts/install.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { reportFailure, run, runStage } from "../../scripts/stages.mjs";
import { summarise } from "../shared/statistics.mjs";
import { judge } from "./bars.mjs";
import { FIGURES, figuresOf } from "./figures.mjs";
import { renderBars, renderResults, renderTables } from "./report.mjs";
import { listRows } from "./rows.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

async function main() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      jobs: { type: "string", default: "50000" },
      rows: { type: "string" },
      growth: { type: "boolean", default: false },
      "no-save": { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  const rows = chooseRows(listRows({ jobs: Number(values.jobs), growth: values.growth }), values.rows);
  await prepare();
  const { measureAll, node } = await import("./measurements.mjs"); // its libraries are there only after prepare()
  const server = await startPostgres();
  try {
    const measured = await measureAll({ server, rows, rounds });
    await report({
      results: measured.map(summariseRow),
      rounds,
      node: await node(),
      isSaved: !values["no-save"],
    });
  } finally {
    await server.stop();
  }
}

function chooseRows(rows, keys) {
  if (keys === undefined) return rows;
  const wanted = keys.split(",");
  const unknown = wanted.filter((key) => !rows.some((row) => row.key === key));
  if (unknown.length > 0)
    throw new Error(`no row ${unknown.join(", ")}; there are ${rows.map(({ key }) => key).join(", ")}`);
  return rows.filter(({ key }) => wanted.includes(key));
}

async function prepare() {
  await runStage("install", () => ensureInstalled());
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  await runStage("peers", () => ensureInstalled(HERE));
}

function summariseRow({ row, runs }) {
  const systems = Object.entries(row.systems).map(([name, jobs]) => {
    const all = (runs[name] ?? []).map(figuresOf);
    const known = Object.keys(FIGURES).filter((figure) => all[0]?.[figure] !== undefined);
    const figures = Object.fromEntries(
      known.map((figure) => [figure, summarise(all.map((each) => each[figure]))]),
    );
    return { name, jobs, figures };
  });
  return { row, systems };
}

async function report({ results, rounds, node, isSaved }) {
  const bars = judge(results);
  console.log(`\n${renderTables(results)}\n\n${renderBars(bars)}`);
  if (!isSaved) return;
  const { writePlot } = await import("./plot.mjs");
  writePlot(join(HERE, "RESULTS.svg"), results);
  writeFileSync(
    join(HERE, "RESULTS.md"),
    renderResults({ results, bars, rounds, node, plot: "RESULTS.svg" }),
  );
}

main().catch(reportFailure);
