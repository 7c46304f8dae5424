/** How a command's work is run. */
import type { Command } from "commander";
import type { Shell } from "./shell.ts";

/** Runs a command's work in its surroundings; what it gives is the exit code. */
export type Run = (command: Command, work: (shell: Shell) => Promise<number>) => Promise<void>;
