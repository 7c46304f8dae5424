// Owns `npm run check:model`: a long check of every store against the reference model, repeatable by its seed.
import { parseArgs } from "node:util";
import { reportFailure } from "./stages.mjs";
import { runVitest } from "./vitest-run.mjs";

const OPTIONS = {
  /** Sequences on each store. */
  runs: { type: "string", default: "5000" },
  /** Longest sequence, in bursts of a few calls. */
  bursts: { type: "string", default: "30" },
  /** Of an earlier failure, with its `bursts`: the same sequences again, or with `path` the shrunk one alone. */
  seed: { type: "string" },
  path: { type: "string" },
  /** The name of one store: memory, pglite, postgres. */
  home: { type: "string", default: "" },
};

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  process.env.MILLRACE_MODEL_RUNS = values.runs;
  process.env.MILLRACE_MODEL_BURSTS = values.bursts;
  if (values.seed !== undefined) process.env.MILLRACE_MODEL_SEED = values.seed;
  if (values.path !== undefined) process.env.MILLRACE_MODEL_PATH = values.path;
  const counts = await runVitest(["-t", `${values.home} against the reference model`.trim()]);
  process.exitCode = counts.ok && counts.passed > 0 ? 0 : 1;
}

main().catch(reportFailure);
