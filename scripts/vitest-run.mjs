// Owns running vitest to its end and counting what it reports.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommandError, runStage, runTool } from "./stages.mjs";

/** Runs vitest with `words` added. Returns `{passed, failed, ok}`; a file that does not load counts as one failure. */
export async function runVitest(words) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-vitest-"));
  const report = join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const ok = await succeeds(() => runTool("vitest", ["run", ...reporters, ...words], { show: true }));
    return { ...countTests(JSON.parse(readFileSync(report, "utf8"))), ok };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A failing test is a result to count, not a reason to stop here. */
async function succeeds(work) {
  try {
    await runStage("vitest", async () => void (await work()));
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

function countTests(report) {
  const unloaded = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  if (report.numPendingTests > 0) console.log(`${report.numPendingTests} skipped`);
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
}
