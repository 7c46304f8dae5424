// Owns how the bootstrap scripts run their stages: a name, its seconds, and the whole output of what failed.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A command that failed, with everything it printed. */
export class CommandError extends Error {
  constructor(words, reason, output) {
    super(`${words.join(" ")}: ${reason}${output === "" ? "" : `\n${output}`}`);
    this.name = "CommandError";
  }
}

/** Runs `work` as the stage `name` and prints how long it took; whatever lines it returns are printed below. */
export async function runStage(name, work) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const lines = await work();
    console.log(`✓ ${name.padEnd(12)} ${seconds()}`);
    for (const line of lines ?? []) console.log(`  ${line}`);
  } catch (error) {
    console.log(`✗ ${name.padEnd(12)} ${seconds()}`);
    throw error;
  }
}

/**
 * Runs a command in the repository and returns what it printed on stdout; throws `CommandError` when it fails.
 * `show: true` lets it print to the terminal itself and returns "".
 */
export async function run(words, { show = false, cwd = ROOT, env = process.env } = {}) {
  const [command = "", ...rest] = words;
  const child = spawn(command, rest, { cwd, env, stdio: show ? "inherit" : ["ignore", "pipe", "pipe"] });
  const stdout = [];
  const both = [];
  child.stdout?.on("data", (chunk) => {
    stdout.push(chunk);
    both.push(chunk);
  });
  child.stderr?.on("data", (chunk) => both.push(chunk));
  const reason = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  });
  if (reason !== undefined) throw new CommandError(words, reason, Buffer.concat(both).toString());
  return Buffer.concat(stdout).toString();
}

/** Runs a program of the repository's own dependencies. */
export function runTool(name, words, options) {
  return run([`${ROOT}node_modules/.bin/${name}`, ...words], options);
}

/** Prints what stopped a bootstrap script and sets the exit code. */
export function reportFailure(error) {
  console.error(error instanceof Error ? `\n${error.message}` : error);
  process.exitCode = 1;
}
