// Owns `npm test`: everything a change must pass, stage by stage, on a machine with nothing but Node and npm.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstalled } from "./install.mjs";
import { checkPackages } from "./package-checks.mjs";
import { ensurePgbouncerBinary } from "./services/pgbouncer-binary.mjs";
import { ensurePostgresBinaries } from "./services/postgres-binaries.mjs";
import { ensureRedisBinary } from "./services/redis-binary.mjs";
import { ensureTool, TEST_TOOLS } from "./services/tools.mjs";
import { checkSizeBudgets } from "./size-budgets.mjs";
import { ROOT, reportFailure, run, runStage, runTool } from "./stages.mjs";
import { withTestFolder } from "./test-folder.mjs";
import { runVitest } from "./vitest-run.mjs";
import { packAll } from "./workspaces.mjs";

async function main(vitestWords) {
  await runStage("install", () => ensureInstalled());
  await runStage("services", ensureServices);
  await runStage("sources", async () => void (await run(["node", "scripts/embed-sources.mjs", "--check"])));
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  await Promise.all([checkSources(), checkTarballs()]);
  const counts = await withTestFolder(() => runVitest(vitestWords));
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.ok ? 0 : 1;
}

async function checkSources() {
  await runStage(
    "lockfile",
    async () => void (await run(["node", "scripts/complete-lockfile.mjs", "--check"])),
  );
  await runStage("lint", async () => void (await runTool("biome", ["check", "--error-on-warnings", ROOT])));
  await runStage("knip", async () => void (await runTool("knip", [])));
}

async function checkTarballs() {
  const tarballs = mkdtempSync(join(tmpdir(), "millrace-pack-"));
  try {
    const packed = await packAll(tarballs);
    await runStage("packages", () => checkPackages(tarballs, packed));
    await runStage("sizes", () => checkSizeBudgets(packed));
  } finally {
    rmSync(tarballs, { recursive: true, force: true });
  }
}

/** What tests need beside npm packages, so that no test has to skip or to install. */
function ensureServices() {
  const lines = TEST_TOOLS.map((name) => `${name}: ${ensureTool(name)}`);
  const {
    MILLRACE_TEST_POSTGRES_URL: postgres,
    MILLRACE_TEST_PGBOUNCER_URL: pgbouncer,
    MILLRACE_TEST_REDIS_URL: redis,
  } = process.env;
  return [
    ...lines,
    `postgres: ${postgres ? "MILLRACE_TEST_POSTGRES_URL" : ensurePostgresBinaries()}`,
    `pgbouncer: ${pgbouncer ? "MILLRACE_TEST_PGBOUNCER_URL" : ensurePgbouncerBinary()}`,
    `redis: ${redis ? "MILLRACE_TEST_REDIS_URL" : ensureRedisBinary().file}`,
  ];
}

main(process.argv.slice(2)).catch(reportFailure);
