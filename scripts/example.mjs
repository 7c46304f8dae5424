// Owns `npm run example <number>`: installs, builds, and runs an example's list on the store that --store names.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled } from "./install.mjs";
import { ROOT, reportFailure, run, runStage } from "./stages.mjs";

const EXAMPLES = join(ROOT, "examples");
const USAGE = "npm run example <number> [-- --store <url>]";

async function main(words) {
  const { values, positionals } = parseArgs({
    args: words,
    options: { store: { type: "string" } },
    allowPositionals: true,
  });
  const folder = exampleOf(positionals);
  await runStage("install", ensureInstalled);
  await runStage("build", async () => void (await run(["npm", "run", "build"])));
  const { createJiti } = await import("jiti"); // installed just now; Node 20 runs no TypeScript
  const example = await createJiti(import.meta.url).import(join(EXAMPLES, folder, "main.ts"));
  const own = values.store === undefined ? mkdtempSync(join(tmpdir(), "millrace-example-")) : undefined;
  try {
    const { holds } = await example.run(values.store ?? `file:${own}`);
    process.exitCode = holds ? 0 : 1;
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
}

/** The folder of a number. @throws Error that lists those there are. */
function exampleOf(positionals) {
  const folders = readdirSync(EXAMPLES).filter((name) => /^\d\d-/.test(name));
  const [number] = positionals;
  const found = folders.find(
    (name) => positionals.length === 1 && Number(name.slice(0, 2)) === Number(number),
  );
  if (found === undefined) throw new Error(`${USAGE}; there are ${folders.join(", ")}`);
  return found;
}

main(process.argv.slice(2)).catch(reportFailure);
