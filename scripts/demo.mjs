// Owns `npm run demo`: from a fresh clone to answers out of real PDFs, on the embedded store in ./.millrace.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { fetchDemoCorpus } from "./demo-corpus.mjs";
import { ensureInstalled } from "./install.mjs";
import { ROOT, reportFailure, run, runStage } from "./stages.mjs";

const MILLRACE = join(ROOT, "packages/millrace/bin/millrace.js");
const STORE = `file:${join(ROOT, ".millrace")}`;
const CORPUS = join(ROOT, "demo-files");
const OWN_DOCUMENTS = ["README.md", "ARCHITECTURE.md", "docs"];
const QUESTIONS = [
  "how to build a Debian package from source",
  "find memory leaks in a C program",
  "integrate a function numerically with adaptive quadrature",
];
const OWN_QUESTIONS = [
  "restart an interrupted ingest",
  "what happens when a worker dies",
  "lease and fencing token",
];
/** Exit codes after which there is a collection to ask: all documents are in, or all but some. */
const INGESTED = new Set([0, 5]);

async function main(paths) {
  await runStage("install", ensureInstalled);
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  const plan = paths.length > 0 ? givenFiles(paths) : await demoFiles();
  console.log(`\n$ millrace ingest ${plan.paths.map(shorten).join(" ")} --collection ${plan.collection}`);
  const code = await millrace(["ingest", ...plan.paths, "--collection", plan.collection]);
  if (!INGESTED.has(code)) {
    process.exitCode = code;
    return;
  }
  for (const question of await plan.questions()) {
    console.log(`\n$ millrace search ${plan.collection} "${question}" -k 1`);
    await millrace(["search", plan.collection, question, "-k", "1"]);
  }
  console.log(`\nAsk it yourself: npx millrace search ${plan.collection} "…"`);
}

function givenFiles(paths) {
  const folder = process.env.INIT_CWD ?? process.cwd(); // npm runs scripts in the repository's folder
  return { collection: "own", paths: paths.map((path) => resolve(folder, path)), questions: questionsByName };
}

/** The PDFs of Debian's packages where they can be had, and the project's own documents. */
async function demoFiles() {
  const corpus = await runFetch();
  const own = OWN_DOCUMENTS.map((name) => join(ROOT, name)).filter(existsSync);
  const paths = [...(corpus === undefined ? [] : [corpus.folder]), ...own];
  if (paths.length === 0) throw new Error("there is nothing to ingest: npm run demo -- <files or folders>");
  return { collection: "docs", paths, questions: () => (corpus === undefined ? OWN_QUESTIONS : QUESTIONS) };
}

async function runFetch() {
  try {
    console.log();
    const corpus = await fetchDemoCorpus(CORPUS);
    if (corpus !== undefined) return corpus;
  } catch (error) {
    console.log(`The demo's PDFs cannot be had: ${error instanceof Error ? error.message : error}`);
  }
  console.log("The demo goes on with the project's own documents; npm run demo -- <paths…> takes yours.");
  return undefined;
}

/** Of files nobody here knows: what three of them are called, spread over the run. */
async function questionsByName() {
  const [newest] = JSON.parse(await answer(["batch", "ls", "--limit", "1", "-o", "json"]));
  const items = (await answer(["batch", "items", newest.id, "-o", "ndjson"])).trim().split("\n");
  const names = items.map((line) => nameWords(JSON.parse(line).key)).filter((name) => name.length > 2);
  const picks = [0, 0.5, 1].map((share) => names[Math.round(share * (names.length - 1))]);
  return [...new Set(picks)].filter((name) => name !== undefined);
}

function nameWords(path) {
  return basename(path, extname(path))
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** Runs a command in this terminal. Ctrl-C reaches it too: it drains, and this process waits for it. */
async function millrace(words) {
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    const child = spawn(process.execPath, [MILLRACE, "--store", STORE, ...words], {
      cwd: ROOT,
      stdio: "inherit",
    });
    return await new Promise((done, failed) => {
      child.once("error", failed);
      child.once("close", (code, signal) => done(code ?? (signal === null ? 1 : 130)));
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}

function answer(words) {
  return run([process.execPath, MILLRACE, "--store", STORE, ...words]);
}

function shorten(path) {
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

main(process.argv.slice(2)).catch(reportFailure);
