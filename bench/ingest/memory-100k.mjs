// Owns `npm run bench:memory`: 100,000 small text files into a PostgreSQL store, and the memory the worker takes.
// --files <n> changes how many; MILLRACE_TEST_POSTGRES_URL names a server to use instead of a private one.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled } from "../../scripts/install.mjs";
import { startPostgres } from "../../scripts/services/postgres.mjs";
import { ROOT, reportFailure, run, runStage } from "../../scripts/stages.mjs";
import { median } from "../shared/statistics.mjs";
import { measure } from "./measured-run.mjs";

const CEILING_BYTES = 400e6;
const FILES_PER_FOLDER = 1_000;
const WORDS_PER_FILE = 80;
const WORDS =
  "mill race water wheel stone grain flour sluice gate weir channel river flow power gear shaft belt sack".split(
    " ",
  );

async function main() {
  const { values } = parseArgs({ options: { files: { type: "string", default: "100000" } } });
  await runStage("install", () => ensureInstalled());
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  const folder = mkdtempSync(join(tmpdir(), "millrace-files-"));
  const server = process.env.MILLRACE_TEST_POSTGRES_URL ? undefined : await startPostgres();
  try {
    await runStage("files", () => writeFiles(folder, Number(values.files)));
    const url = server?.url ?? process.env.MILLRACE_TEST_POSTGRES_URL;
    const { report, memory } = await runIngest(folder, url);
    printResult(report, memory);
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every file differs, and the same in every run. */
function writeFiles(folder, count) {
  for (let index = 0; index < count; index++) {
    const home = join(folder, String(Math.floor(index / FILES_PER_FOLDER)));
    if (index % FILES_PER_FOLDER === 0) mkdirSync(home);
    writeFileSync(join(home, `${index}.txt`), textOf(index));
  }
}

function textOf(index) {
  const words = [`Document ${index}.`];
  for (let at = 0, seed = index + 1; at < WORDS_PER_FILE; at++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' linear congruential generator
    words.push(WORDS[seed % WORDS.length]);
  }
  return `${words.join(" ")}.\n`;
}

function runIngest(folder, url) {
  const program = join(ROOT, "packages/millrace/bin/millrace.js");
  return measure([program, "ingest", folder, "--collection", "bench", "--store", url, "-o", "json"]);
}

function printResult(report, memory) {
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  const quarter = Math.ceil(memory.series.length / 4);
  const flatness = [memory.series.slice(0, quarter), memory.series.slice(-quarter)];
  const [early, late] = flatness.map((part) => median(part.map(({ bytes }) => bytes)));
  console.log(`${report.documents} documents, ${report.passages} passages in ${report.seconds.toFixed(0)} s`);
  console.log(`worker: peak PSS ${megabytes(memory.root)}, peak RSS ${megabytes(memory.rootRss)}`);
  console.log(
    `process tree: peak PSS ${megabytes(memory.tree)}, first quarter ${megabytes(early)}, last ${megabytes(late)}`,
  );
  const holds = memory.root < CEILING_BYTES;
  console.log(`bar: worker under ${megabytes(CEILING_BYTES)}: ${holds ? "holds" : "missed"}`);
  if (!holds) process.exitCode = 1;
}

main().catch(reportFailure);
