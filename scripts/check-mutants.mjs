// Owns `npm run check:mutants`: every rule of the stores broken once, and the score of those that are told from the rule.
import { reportFailure } from "./stages.mjs";
import { runVitest } from "./vitest-run.mjs";

/** Tests of mutants begin with these words; what is beside them proves that the rule itself is never caught. */
const MUTANT_TEST = "is caught: ";

/** Parts of the paths of their files. */
const MUTANT_FILES = ["mutants", "tests/plans"];

async function main() {
  const counts = await runVitest([...MUTANT_FILES, "-t", MUTANT_TEST]);
  console.log(`mutants: ${counts.passed} of ${counts.passed + counts.failed} caught`);
  process.exitCode = counts.ok && counts.passed > 0 ? 0 : 1;
}

main().catch(reportFailure);
