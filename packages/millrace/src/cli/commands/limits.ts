/** The commands `limits ls|hold|release`. */
import type { Command } from "commander";
import { type HoldFlags, holdLimit, listLimits, type ReleaseFlags, releaseLimits } from "../limits/limits.ts";
import { durationValue } from "../option-values.ts";
import { type Format, outputOption } from "../output.ts";
import type { Run } from "../run.ts";

/** Adds the commands. */
export function addLimits(program: Command, run: Run): void {
  const group = program
    .command("limits")
    .description("keep all workers from jobs under a limit for a while, and look at what is held");
  group
    .command("ls")
    .description("list the limits that are held, until when and why")
    .addOption(outputOption())
    .action((options: { output: Format }, command: Command) =>
      run(command, (shell) => listLimits(shell, options.output)),
    );
  group
    .command("hold")
    .description("start no job under a limit before a time is over; never shortens a hold")
    .argument("<key>", "key of the limit, as jobs name it")
    .requiredOption("--for <duration>", "for how long from now, such as 30s or 10m", durationValue)
    .option("--shorten", "end then even where it is held for longer")
    .option("--reason <text>", "why; shown by explain and kept in the audit")
    .option("--by <who>", "who says so")
    .action((key: string, options: HoldFlags, command: Command) =>
      run(command, (shell) => holdLimit(shell, key, options)),
    );
  group
    .command("release")
    .description("let limits go; jobs that were put off notice within five minutes")
    .argument("<keys...>", "keys of limits")
    .option("--reason <text>", "why; kept in the audit")
    .action((keys: string[], options: ReleaseFlags, command: Command) =>
      run(command, (shell) => releaseLimits(shell, keys, options)),
    );
}
