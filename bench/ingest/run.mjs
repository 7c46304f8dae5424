// Owns `npm run bench:ingest`: ours and the peer over the demo's PDFs in turn, and whether the bars hold.
// --rounds <n> changes how often each runs (3).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchDemoCorpus } from "../../scripts/demo-corpus.mjs";
import { ensureInstalled } from "../../scripts/install.mjs";
import { ROOT, reportFailure, run, runStage } from "../../scripts/stages.mjs";
import { summarise } from "../shared/statistics.mjs";
import { FLOOR_PAGES_PER_SECOND, judge } from "./bars.mjs";
import { measure } from "./measured-run.mjs";
import { renderBars, renderResults, renderTable } from "./report.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Ours, the peer the bars are held against, and the same peer on its older PDF library. */
const SYSTEMS = [
  { name: "millrace", isOurs: true, run: runOurs },
  {
    name: "LangChain JS, pdf-parse 2",
    isOurs: false,
    run: ({ files }, how) => runPeer(["2", ...files], how),
  },
  {
    name: "LangChain JS, pdf-parse 1",
    isOurs: false,
    run: ({ files }, how) => runPeer(["1", ...files], how),
  },
];

async function main() {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" } } });
  const rounds = Number(values.rounds);
  const corpus = await prepare();
  const systems = summariseAll(await runInTurn(corpus, rounds));
  const [ours, peer] = systems;
  const bars = judge({ ours, peer });
  console.log(`\n${renderTable(systems)}\n\n${renderBars(bars)}`);
  const { writePlot } = await import("./plot.mjs"); // its libraries are there only after prepare()
  writePlot(join(HERE, "RESULTS.svg"), systems, FLOOR_PAGES_PER_SECOND);
  writeFileSync(join(HERE, "RESULTS.md"), renderResults({ systems, bars, rounds, plot: "RESULTS.svg" }));
  if (bars.some(({ holds }) => !holds)) process.exitCode = 1;
}

async function prepare() {
  await runStage("install", () => ensureInstalled());
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  await runStage("peer", () => ensureInstalled(HERE));
  const corpus = await fetchDemoCorpus(join(ROOT, "demo-files"));
  if (corpus === undefined)
    throw new Error("the benchmark needs the demo's PDFs, which come from Debian's packages");
  return corpus;
}

/** Round by round, so that a slow minute of the machine hits every system; memory in a run of its own. */
async function runInTurn(corpus, rounds) {
  const results = SYSTEMS.map(({ name, isOurs }) => ({ name, isOurs, runs: [], memory: undefined }));
  for (let round = 1; round <= rounds; round++) {
    for (const [index, system] of SYSTEMS.entries()) {
      const result = await system.run(corpus, { watchesMemory: false });
      results[index].runs.push(result);
      const { seconds, pages } = result.report;
      console.log(
        `round ${round}: ${system.name.padEnd(26)} ${seconds.toFixed(1)} s, ${(pages / seconds).toFixed(0)} pages/s`,
      );
    }
  }
  for (const [index, system] of SYSTEMS.entries()) {
    results[index].memory = (await system.run(corpus, { watchesMemory: true })).memory;
  }
  return results;
}

async function runOurs({ folder }, how) {
  const temp = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const store = `file:${join(temp, "store")}`;
  const words = [join(ROOT, "packages/millrace/bin/millrace.js"), "ingest", folder, "--collection", "bench"];
  try {
    return await measure([...words, "--store", store, "-o", "json"], how);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

function runPeer(words, how) {
  return measure([join(HERE, "peer.mjs"), ...words], how);
}

function summariseAll(results) {
  return results.map(({ name, isOurs, runs, memory }) => {
    const summed = (figure) => summarise(runs.map(figure));
    return {
      name,
      isOurs,
      report: runs[0].report,
      runs: runs.map(({ report }) => report.pages / report.seconds),
      seconds: summed(({ report }) => report.seconds),
      docsPerMinute: summed(({ report }) => (report.documents / report.seconds) * 60),
      pagesPerSecond: summed(({ report }) => report.pages / report.seconds),
      pssBytes: memory.tree,
    };
  });
}

main().catch(reportFailure);
