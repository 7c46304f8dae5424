/** The way in for the command line: arguments to an exit code. */
import { runCommandLine } from "./cli/run-command-line.ts";

/** Runs the command line and sets the exit code. Never rejects. */
export async function main(words: readonly string[]): Promise<void> {
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
