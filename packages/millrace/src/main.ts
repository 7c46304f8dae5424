/** The way in for the command line: arguments to an exit code. */
import { setFlagsFromString } from "node:v8";
import { runCommandLine } from "./cli/run-command-line.ts";

/**
 * Bytes of a WebAssembly function that run before V8 compiles it anew, optimised; V8's own default is 1.8 million. Most
 * commands are over before that pays: it took 8 % of the processor time of an ingest of 4,751 pages. What a long one
 * runs most still comes to it.
 */
const WASM_TIERING_BUDGET = 1_000_000_000;

/** Runs the command line and sets the exit code. Never rejects. */
export async function main(words: readonly string[]): Promise<void> {
  setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`);
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  const { stdout, stderr, stdin, env } = process;
  process.exitCode = await runCommandLine(words, {
    streams: { stdout, stderr, stdin, environment: env },
    folder: process.cwd(),
  });
}
