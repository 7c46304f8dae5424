// Owns `npm run build`: the SQL as modules, types and bundles at once, and then the files of a new embedded database.
import { reportFailure, run, runTool } from "./stages.mjs";

async function main() {
  await run(["node", "scripts/embed-sources.mjs"], { show: true });
  // tsc writes types alone; the bundles are made of the sources.
  await Promise.all([
    runTool("tsc", ["-b"], { show: true }),
    run(["node", "scripts/bundle.mjs"], { show: true }),
  ]);
  await run(["node", "scripts/new-database.mjs"], { show: true });
}

main().catch(reportFailure);
