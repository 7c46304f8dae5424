// Owns `npm run check:coverage`: that tests take every branch of claim, save, settle, rescue, retry, unique and their callers, of chunks, readers and writers.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { ROOT, reportFailure } from "./stages.mjs";
import { runVitest } from "./vitest-run.mjs";

/** The files, as folder and names without ending; a folder alone means all in it. */
const COVERED = [
  ["packages/core/src/worker"],
  ["packages/core/src/worker/maintenance"],
  [
    "packages/core/src/memory",
    "change claim endings enqueue extend forks heap holder-writes job jobs keys leases",
  ],
  ["packages/core/src/memory", "ordering parents queues ready rescue room sorted-keys"],
  [
    "packages/core/src/batch",
    "bad-item bisect chunk chunk-end chunk-group chunk-late chunk-measures chunk-size chunk-work chunks commit-group",
  ],
  [
    "packages/core/src/batch",
    "ending filtered handlers ledger-parts listeners pending placed process-items refusals rough-bytes run-jobs",
  ],
  ["packages/core/src/batch", "settled skip-policy step-failure time-up underway"],
  ["packages/core/src/batch/items"],
  ["packages/core/src/batch/coordinator"],
  ["packages/core/src/batch/pipeline"],
  ["packages/core/src/batch/steps"],
  ["packages/core/src/runtime", "memory-watch"],
  ["packages/core/src/client", "job-keys new-job retry-option"],
  ["packages/core/src/model", "attempt error-class fingerprint retry retry-after"],
  ["packages/postgres/src", "children claim end enqueue holder insert-jobs keys leases lone-completions"],
].flatMap(([folder, names = "*"]) => names.split(" ").map((name) => `${folder}/${name}.ts`));

/** Whose tests these are: behaviour through the client, the worker and the port, on every embedded store. */
const TESTS = [
  "packages/core",
  "packages/postgres/src",
  "packages/testkit/src/batch/memory",
  "packages/testkit/src/batch/pglite",
  "packages/testkit/src/items",
  "packages/testkit/src/conformance",
  "packages/testkit/src/stores",
  "packages/testkit/src/transactional",
  "tests/isolated",
];

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "millrace-coverage-"));
  try {
    const { ok } = await runVitest([...TESTS, ...coverageWords(folder)]);
    const files = Object.values(JSON.parse(readFileSync(join(folder, "coverage-final.json"), "utf8"))).map(
      branchesOf,
    );
    for (const { name, missed } of files)
      for (const line of missed) console.log(`not taken: ${name}:${line}`);
    const total = sum(files.map(({ count }) => count));
    const taken = total - sum(files.map(({ missed }) => missed.length));
    console.log(`branches: ${taken} of ${total} taken, in ${files.length} files`);
    process.exitCode = ok && taken === total && total > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function coverageWords(folder) {
  return [
    "--coverage",
    "--coverage.reportOnFailure",
    "--coverage.reporter=json",
    `--coverage.reportsDirectory=${folder}`,
    ...COVERED.map((file) => `--coverage.include=${file}`),
    "--coverage.exclude=**/*.{test,fixture}.ts",
  ];
}

/** How many branches a file has, and the lines of those not taken. */
function branchesOf({ path, b: taken, branchMap }) {
  const branches = Object.entries(taken).flatMap(([id, counts]) =>
    counts.map((count, index) => ({ count, line: lineOf(branchMap[id], index) })),
  );
  const missed = branches.filter(({ count }) => count === 0).map(({ line }) => line);
  return { name: relative(ROOT, path), count: branches.length, missed };
}

/** An `else` that is not written has no place of its own. */
function lineOf({ loc, locations }, index) {
  return locations[index]?.start?.line ?? loc.start.line;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

main().catch(reportFailure);
